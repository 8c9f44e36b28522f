! Proof of fortran.i8: default INTEGER is 8 bytes, and LOGICAL with it. TRANSFER compares storage,
! because a kind number need not be a number of bytes.
program i8_proof
  implicit none
  logical :: l(2)
  integer :: bits
  integer :: logical_bits

  bits = bit_size(bits)
  l = .true.
  logical_bits = size(transfer(l, [character(len=1) ::])) * 4
  print '(a,i0,a,i0,a)', 'INTEGER has ', bits, ' bits, LOGICAL ', logical_bits
  if (bits /= 64 .or. logical_bits /= 64) stop 1
end program i8_proof
