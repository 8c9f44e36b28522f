! Proof of std.f2003, first part: a conforming program that uses Fortran 2003 features builds.
module std_proof_types
  implicit none
  type :: base
    integer :: x = 1
  end type base
  type, extends(base) :: derived
    integer, allocatable :: y(:)
  end type derived
end module std_proof_types

program std_proof
  use, intrinsic :: iso_c_binding, only: c_int
  use std_proof_types
  implicit none
  type(derived) :: d
  integer(c_int) :: total

  d%y = [1, 2, 3]
  total = int(sum(d%y) + d%x, c_int)
  print '(a,i0)', 'an extended type with an allocatable component gives ', total
  if (total /= 7) stop 1
end program std_proof
