! Proof of debug: the executable holds the name of a local variable of this file, which only debug
! information carries. Elsewhere that information lies in a file of its own.
#if defined __APPLE__ || (defined _WIN32 && !defined __GFORTRAN__)
#error "cannot tell: the debug information is not in the executable"
#endif
module debug_proof_module
  implicit none

contains

  subroutine use_local(n)
    integer, intent(in) :: n
    integer :: debug_proof_local

    debug_proof_local = n
    if (debug_proof_local < 0) stop 1
  end subroutine use_local

  ! 1 if this executable holds the text, which is given backwards so that it is not its own
  ! finding; 0 if not; -1 if the file cannot be read. The first letter must not come again.
  function holds(backwards) result(found)
    character(len=*), intent(in) :: backwards
    integer :: found
    character(len=4096) :: path
    character(len=1) :: byte
    integer :: unit
    integer :: status
    integer :: matched
    integer :: length

    found = -1
    call get_command_argument(0, path)
    unit = 20
    open (unit, file=trim(path), access='stream', form='unformatted', status='old', &
      action='read', iostat=status)
    if (status /= 0) return
    length = len(backwards)
    matched = 0
    do
      read (unit, iostat=status) byte
      if (status /= 0) exit
      if (byte == backwards(length - matched:length - matched)) then
        matched = matched + 1
      else if (byte == backwards(length:length)) then
        matched = 1
      else
        matched = 0
      end if
      if (matched == length) exit
    end do
    close (unit)
    found = merge(1, 0, matched == length)
  end function holds

end module debug_proof_module

program debug_proof
  use debug_proof_module
  implicit none
  integer :: found

  call use_local(1)
  found = holds('lacol_foorp_gubed')
  if (found /= 1) then
    print '(a)', 'the name of a local variable is not found in the executable'
    stop 1
  end if
  print '(a)', 'the name of a local variable is found in the executable'
end program debug_proof
