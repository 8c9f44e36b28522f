! expect: signed integer overflow
! Proof of sanitize.undefined: an integer addition overflows. The report does not end the
! program, so the program ends itself with a failure; the text is what proves.
program sanitize_proof
  implicit none
  integer, volatile :: largest
  integer :: total

  largest = huge(1)
  total = largest + 1
  print '(a,i0)', 'sum ', total
  stop 1
end program sanitize_proof
