! Proof of std.f2018, first part: a conforming program that uses Fortran 2018 features builds.
program std_proof
  implicit none (type, external)
  integer :: code
  integer :: total

  code = 1
  total = add(1, 2)
  print '(a,i0)', 'implicit none (external) and a computed error stop: ', total
  if (total /= 3) error stop code

contains

  pure function add(a, b)
    integer, intent(in) :: a
    integer, intent(in) :: b
    integer :: add
    integer :: wrong

    add = a + b
    wrong = 2
    if (add < a) error stop wrong
  end function add

end program std_proof
