! Proof of std.f2018, second part: an extension is reported. GNU Fortran refuses most extensions and
! reports a tab in the source with a warning, so it is shown a tab; the others REAL*8.
program std_proof
  implicit none
#ifdef __GFORTRAN__
	integer :: x
#else
  real*8 :: x
#endif

  x = 1
  print *, x
end program std_proof
