! Proof of std.f2008, first part: a conforming program that uses Fortran 2008 features builds.
program std_proof
  use, intrinsic :: iso_fortran_env, only: int64
  implicit none
  integer :: i
  integer(int64) :: total
  integer(int64) :: a(4)

  do concurrent (i = 1:4)
    a(i) = int(i, int64)
  end do
  block
    integer(int64) :: twice

    twice = 2 * sum(a)
    total = twice
  end block
  print '(a,i0)', 'do concurrent and a block give ', total
  if (total /= 20) error stop 1
end program std_proof
