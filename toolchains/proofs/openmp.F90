! Proof of openmp: the macro is defined, and a parallel region is seen to run on two threads.
! The number is the macro's: omp_lib's openmp_version may say another (flang 19 does).
#ifndef _OPENMP
#error "_OPENMP is not defined"
#endif
program openmp_proof
  !$ use omp_lib
  implicit none
  integer :: threads

  threads = 0
  !$ call omp_set_dynamic(.false.)
  !$omp parallel num_threads(2)
  !$omp atomic
  threads = threads + 1
  !$omp end parallel
  print '(a,i0)', 'threads ', threads
  print '(a,i0)', '_OPENMP ', _OPENMP
  if (threads /= 2) stop 1
end program openmp_proof
