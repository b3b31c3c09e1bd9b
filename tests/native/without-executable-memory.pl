# Runs a program that may not make memory executable: mprotect(2) with PROT_READ | PROT_EXEC fails with EACCES (a seccomp
# filter, x64). .NET itself lives with that where DOTNET_EnableWriteXorExecute=0.
my $filter = pack('(SCCL)*', 0x20,0,0,0, 0x15,0,3,10, 0x20,0,0,32, 0x15,0,1,5, 0x06,0,0,0x5000d, 0x06,0,0,0x7fff0000);
my $program = pack('Sx6P', 6, $filter);
syscall(157, 38, 1, 0, 0, 0) == 0 && syscall(157, 22, 2, $program) == 0 or die "no filter: $!";
exec @ARGV;
