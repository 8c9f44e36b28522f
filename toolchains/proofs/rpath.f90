! Proof of rpath: the dynamic section of this executable names a directory to search first. The
! numbers are offsets in the ELF file header, in a section header (64 bytes) and in an entry of
! the section (16 bytes); positions in a stream start from 1.
program rpath_proof
  use, intrinsic :: iso_fortran_env, only: int16, int32, int64
  implicit none
  integer, parameter :: unit = 20
  integer, parameter :: dynamic = 6
  integer(int64), parameter :: rpath = 15
  integer(int64), parameter :: runpath = 29
  character(len=4096) :: path
  character(len=5) :: magic
  integer(int64) :: sections
  integer(int64) :: header
  integer(int64) :: entries
  integer(int64) :: bytes
  integer(int64) :: names
  integer(int64) :: tag
  integer(int64) :: offset
  integer(int64) :: j
  integer(int32) :: kind_of_section
  integer(int32) :: link
  integer(int16) :: count
  integer :: status
  integer :: i
  logical :: found

  found = .false.
  call get_command_argument(0, path)
  open (unit, file=trim(path), access='stream', form='unformatted', status='old', &
    action='read', iostat=status)
  if (status == 0) read (unit, pos=1, iostat=status) magic
  if (status /= 0 .or. magic /= char(127) // 'ELF' // char(2)) then
    print '(a)', 'cannot tell: this proof reads the 64-bit ELF file of Linux'
    stop 1
  end if
  read (unit, pos=1 + 40) sections
  read (unit, pos=1 + 60) count
  do i = 0, count - 1
    header = 1 + sections + 64 * i
    read (unit, pos=header + 4) kind_of_section
    if (kind_of_section /= dynamic) cycle
    read (unit, pos=header + 24) entries, bytes, link
    read (unit, pos=1 + sections + 64 * link + 24) names
    do j = 0, bytes / 16 - 1
      read (unit, pos=1 + entries + 16 * j) tag, offset
      if (tag /= rpath .and. tag /= runpath) cycle
      found = .true.
      print '(3a)', merge('RPATH  ', 'RUNPATH', tag == rpath), ' ', text(1 + names + offset)
    end do
  end do
  close (unit)
  if (.not. found) then
    print '(a)', 'no RPATH or RUNPATH'
    stop 1
  end if

contains

  function text(position) result(string)
    integer(int64), intent(in) :: position
    character(len=:), allocatable :: string
    character(len=1) :: byte
    integer(int64) :: at
    integer :: ended

    string = ''
    at = position
    do
      read (unit, pos=at, iostat=ended) byte
      if (ended /= 0 .or. byte == char(0)) exit
      string = string // byte
      at = at + 1
    end do
  end function text

end program rpath_proof
