! Proof of openmp-simd: the simd directive is obeyed, for the variable that it makes private keeps
! its value outside the loop, and the rest of OpenMP is off. That the loop is also vectorised
! depends on the optimisation level, so it is not asked.
#ifdef _OPENMP
#error "_OPENMP is defined: all of OpenMP is on, not only its simd directives"
#endif
program openmp_simd_proof
  implicit none
  integer :: a(64)
  integer :: last
  integer :: i

  last = -1
  !$omp simd private(last)
  do i = 1, 64
    last = i
    a(i) = 2 * last
  end do
  print '(a,l1,a)', 'simd directive obeyed: ', last == -1, ', _OPENMP not defined'
  if (last /= -1 .or. sum(a) /= 4160) stop 1
end program openmp_simd_proof
