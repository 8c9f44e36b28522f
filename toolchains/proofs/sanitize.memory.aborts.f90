! expect: use-of-uninitialized-value
! Proof of sanitize.memory: a branch depends on allocated memory that nothing has written.
program sanitize_proof
  implicit none
  integer, allocatable :: block(:)
  integer, volatile :: i
  integer, volatile :: equal

  allocate (block(16))
  i = 4
  equal = 0
  if (block(i) == 42) equal = equal + 1
  print '(a,i0)', 'not reported: ', equal
end program sanitize_proof
