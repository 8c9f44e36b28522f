! Proof of warn.all: an unused variable is reported.
program warn_proof
  implicit none
  integer :: unused

  print '(a)', 'built'
end program warn_proof
