! Proof of opt.3: an idle loop of 200 million turns is removed, so it takes less than the 10 ms
! of processor time that no machine could do it in. NaN and signed zero are those of IEEE
! 754; they are made from the number of arguments (none), which no compiler knows. Which of the
! levels it is, no compiler tells a program.
#ifdef __OPTIMIZE_SIZE__
#error "__OPTIMIZE_SIZE__ is defined: this level trades speed for size"
#endif
#ifdef __FAST_MATH__
#error "__FAST_MATH__ is defined: this level trades accuracy for speed"
#endif
program opt_proof
  implicit none
  real :: start
  real :: finish
  real :: zero
  real :: nan
  real :: minus

  call cpu_time(start)
  call count_up(200000000)
  call cpu_time(finish)
  print '(a,i0,a)', 'an idle loop took ', nint(1000.0 * (finish - start)), ' ms'
  zero = real(command_argument_count())
  nan = zero / zero
  minus = -zero
  if (nan == nan .or. .not. 1.0 / minus < 0.0) stop 1
  if (1000.0 * (finish - start) >= 10.0) stop 1

contains

  subroutine count_up(n)
    integer, intent(in) :: n
    integer :: total
    integer :: i

    total = 0
    do i = 1, n
      total = ieor(total, i)
    end do
  end subroutine count_up

end program opt_proof
