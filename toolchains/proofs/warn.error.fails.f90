! Proof of warn.error, second part: a warning that is on by default stops the compilation. The
! quotient is a constant that is too small for its kind.
program warn_proof
  implicit none
  real :: x

  x = tiny(1.0) / huge(1.0)
  print *, x
end program warn_proof
