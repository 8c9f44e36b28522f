! Proof of strict-fp: a product and a sum are rounded twice (no contraction), a sum keeps its
! order, and NaN is told apart. The values hang on the number of arguments (none), so that no
! compiler can calculate them; volatile is not enough for every compiler.
#ifdef __FAST_MATH__
#error "__FAST_MATH__ is defined"
#endif
program strict_fp_proof
  implicit none
  integer, parameter :: wide = selected_real_kind(15)
  real(wide) :: factor
  real(wide) :: a
  real(wide) :: c
  real(wide) :: big
  real(wide) :: nan
  real(wide) :: product_and_sum
  real(wide) :: ordered_sum

  factor = real(command_argument_count() + 1, wide)
  a = factor + 2.0_wide**(-27)
  c = -factor - 2.0_wide**(-26)
  product_and_sum = a * a + c
  big = factor * 1.0e20_wide
  ordered_sum = factor + big - big
  nan = (factor - 1.0_wide) / (factor - 1.0_wide)
  print '(a,es8.1)', 'a*a+c is', product_and_sum
  if (product_and_sum /= 0.0_wide .or. ordered_sum /= 0.0_wide .or. nan == nan) stop 1
end program strict_fp_proof
