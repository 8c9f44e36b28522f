! expect: stack smashing detected
! Proof of hardening: a procedure that writes over its canary is stopped by glibc. The rest of the
! set (read-only relocations) is shown by the C program.
program hardening_proof
  implicit none
  integer, volatile :: length

  length = 48
  print '(a,i0)', 'not stopped: ', smash(length)

contains

  function smash(n) result(seen)
    integer, intent(in) :: n
    integer :: seen
    character(len=1), volatile :: block(16)
    integer, volatile :: i

    do i = 1, n
      block(i) = 'x'
    end do
    seen = ichar(block(1))
  end function smash

end program hardening_proof
