! expect: heap-buffer-overflow
! Proof of sanitize.address: one element behind the end of an allocated array is written. The
! index is volatile, so that no optimiser sees the error and removes it.
program sanitize_proof
  implicit none
  integer, allocatable :: block(:)
  integer, volatile :: i

  allocate (block(16))
  i = 17
  block(i) = 1
  print '(a,l1)', 'not reported: ', block(i) == 1
end program sanitize_proof
