! Proof of fortran.r8: default REAL is 8 bytes, and DOUBLE PRECISION is not narrower. Precision is
! asked, because a kind number need not be a number of bytes.
program r8_proof
  implicit none
  real :: x
  double precision :: d

  x = 1.0
  d = 1.0d0
  print '(a,i0,a,i0,a)', 'REAL has ', digits(x), ' binary digits, DOUBLE PRECISION ', digits(d)
  if (digits(x) /= 53 .or. digits(d) < 53) stop 1
end program r8_proof
