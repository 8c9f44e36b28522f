! Proof of preprocess: the conditional of a .f90 file is obeyed. A compiler that reads the file as
! it is refuses the directives, or takes them for comments and reaches both statements.
program preprocess_proof
  implicit none
#define OBEYED

#ifndef OBEYED
  stop 1
#endif
#ifdef OBEYED
  print '(a)', '#ifdef is obeyed in a .f90 file'
#else
  stop 1
#endif
end program preprocess_proof
