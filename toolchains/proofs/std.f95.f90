! Proof of std.f95, first part: a conforming program that uses a Fortran 95 feature builds.
program std_proof
  implicit none
  integer :: i
  integer, dimension(4) :: a

  forall (i = 1:4) a(i) = square(i)
  print '(a,i0)', 'a forall construct with a pure function gives ', sum(a)
  if (sum(a) /= 30) stop 1

contains

  pure function square(n)
    integer, intent(in) :: n
    integer :: square

    square = n * n
  end function square

end program std_proof
