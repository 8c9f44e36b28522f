! Proof of lto: in the symbol table of this executable a global function is local or gone, which
! only an optimiser that sees the whole program may do, at any level. The start of the program
! must be found and global, or else the table proves nothing.
module lto_proof_module
  use, intrinsic :: iso_fortran_env, only: int16, int32, int64
  use, intrinsic :: iso_c_binding, only: c_int
  implicit none

contains

  function lto_proof_function(x) result(y) bind(c, name='lto_proof_function')
    integer(c_int), value :: x
    integer(c_int) :: y

    y = x + 1
  end function lto_proof_function

  ! 1 if other objects may refer to the symbol, 0 if it is local or hidden, -1 if it is gone, -2 if
  ! this is no 64-bit ELF executable. The numbers are offsets in the ELF file header, in a section
  ! header (64 bytes) and in a symbol (24 bytes); positions in a stream start from 1.
  function global(name) result(found)
    character(len=*), intent(in) :: name
    integer :: found
    integer, parameter :: unit = 20
    integer, parameter :: symbol_table = 2
    character(len=4096) :: path
    character(len=5) :: magic
    character(len=1) :: info
    character(len=1) :: other
    integer(int64) :: sections
    integer(int64) :: header
    integer(int64) :: symbols
    integer(int64) :: bytes
    integer(int64) :: names
    integer(int64) :: j
    integer(int32) :: kind_of_section
    integer(int32) :: link
    integer(int32) :: offset
    integer(int16) :: count
    integer :: status
    integer :: i

    found = -2
    call get_command_argument(0, path)
    open (unit, file=trim(path), access='stream', form='unformatted', status='old', &
      action='read', iostat=status)
    if (status /= 0) return
    read (unit, pos=1, iostat=status) magic
    if (status == 0 .and. magic == char(127) // 'ELF' // char(2)) then
      found = -1
      read (unit, pos=1 + 40) sections
      read (unit, pos=1 + 60) count
      do i = 0, count - 1
        header = 1 + sections + 64 * i
        read (unit, pos=header + 4) kind_of_section
        if (kind_of_section /= symbol_table) cycle
        read (unit, pos=header + 24) symbols, bytes, link
        read (unit, pos=1 + sections + 64 * link + 24) names
        do j = 0, bytes / 24 - 1
          read (unit, pos=1 + symbols + 24 * j) offset, info, other
          if (.not. is_name(unit, 1 + names + offset, name)) cycle
          found = merge(1, 0, ichar(info) / 16 /= 0 .and. mod(ichar(other), 4) == 0)
        end do
      end do
    end if
    close (unit)
  end function global

  function is_name(unit, position, name) result(same)
    integer, intent(in) :: unit
    integer(int64), intent(in) :: position
    character(len=*), intent(in) :: name
    logical :: same
    character(len=len(name)) :: text
    character(len=1) :: last
    integer :: status

    read (unit, pos=position, iostat=status) text, last
    same = .false.
    if (status == 0) same = text == name .and. last == char(0)
  end function is_name

end module lto_proof_module

program lto_proof
  use lto_proof_module
  implicit none
  integer :: kept
  integer :: seen

  kept = global('_start')
  seen = global('lto_proof_function')
  if (kept /= 1) then
    print '(a)', 'cannot tell: this proof reads the 64-bit ELF file of Linux'
    stop 1
  end if
  if (seen == 1) then
    print '(a)', 'a global function is still global'
    stop 1
  end if
  print '(2a)', 'a global function is ', merge('made local', 'gone      ', seen == 0)
  if (lto_proof_function(1_c_int) /= 2) stop 1
end program lto_proof
