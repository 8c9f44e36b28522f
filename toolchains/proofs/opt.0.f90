! Proof of opt.0: an idle loop of 200 million turns is executed. No machine does that in 10 ms of
! processor time, and every optimiser removes the loop.
program opt_proof
  implicit none
  real :: start
  real :: finish

  call cpu_time(start)
  call count_up(200000000)
  call cpu_time(finish)
  print '(a,i0,a)', 'an idle loop took ', nint(1000.0 * (finish - start)), ' ms'
  if (1000.0 * (finish - start) < 10.0) stop 1

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
