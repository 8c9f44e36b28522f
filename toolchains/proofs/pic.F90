! Proof of pic: the compiler says that the code is position-independent, and not only enough so
! for an executable (a pie), which is what many compilers make by default.
#ifndef __PIC__
#ifdef __GFORTRAN__
#error "__PIC__ is not defined"
#else
#error "cannot tell: only GNU Fortran defines __PIC__"
#endif
#endif
#ifdef __PIE__
#error "__PIE__ is defined: the code is fit for an executable only"
#endif
program pic_proof
  implicit none

  print '(a,i0,a)', '__PIC__ ', __PIC__, ', not __PIE__'
end program pic_proof
