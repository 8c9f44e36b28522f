! Proof of opt.2: an idle loop of 200 million turns is removed, so it takes less than the 10 ms
! of processor time that no machine could do it in. That shows that the optimiser ran, not at
! which level: no compiler tells a program that.
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

  call cpu_time(start)
  call count_up(200000000)
  call cpu_time(finish)
  print '(a,i0,a)', 'an idle loop took ', nint(1000.0 * (finish - start)), ' ms'
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
