! Proof of fast-math: the compiler says so by __FAST_MATH__ or, where it has no such macro, a sum
! that needs its order comes out as if it were reordered, or numbers too small for the normal
! form are zero, which the start-up code of this mode asks the processor for. Without
! optimisation a compiler may show none of these although it took the option. The values hang on
! the number of arguments (none), so that no compiler can calculate them.
program fast_math_proof
  implicit none
#ifdef __FAST_MATH__

  print '(a,i0)', '__FAST_MATH__ ', __FAST_MATH__
#else
  real :: factor
  real :: big
  real :: small
  real :: total

  factor = real(command_argument_count() + 1)
  big = factor * 1.0e20
  total = factor + big - big
  small = factor * tiny(1.0) / 4.0
  print '(a,f3.1,a,l1)', '1 + 1e20 - 1e20 is ', total, ', small numbers are zero: ', small == 0.0
  if (total /= 1.0 .and. small /= 0.0) stop 1
#endif
end program fast_math_proof
