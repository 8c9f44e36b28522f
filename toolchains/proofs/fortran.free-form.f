! Proof of fortran.free-form: statements that start in column 1 of a .f file compile.
program free_form_proof
implicit none
integer :: total

total = 1 + &
  2
print '(a)', 'a .f file is read as free form'
if (total /= 3) stop 1
end program free_form_proof
