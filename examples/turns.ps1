#!/usr/bin/env pwsh
# Two processes take turns over one segment: this script and a Perl program that it starts. Both know the structure
#
#     struct { atomic_int turn; atomic_int done; int parent_value; int child_value; char message[256]; }
#
# The one whose turn it is (0: this script, 1: Perl) reads what the other wrote, writes its own, and hands the turn
# over. Perl stores its words plainly and wakes nobody, as a program does that knows nothing of futex(2); this script
# waits without burning a core all the same.

param(
    [int] $Rounds = 5,
    [string] $Name = "/turns-$PID",
    [string] $ModulePath = [IO.Path]::GetFullPath("$PSScriptRoot/../out/PSSharedMemory")
)

$ErrorActionPreference = 'Stop'
Import-Module $ModulePath

$partner = @'
    use Time::HiRes 'sleep';
    $| = 1;
    open my $memory, '+<', "/dev/shm$ARGV[0]" or die "$ARGV[0]: $!";
    sub load  { sysseek $memory, $_[0], 0; sysread $memory, my $bytes, 4; unpack 'l', $bytes }
    sub store { sysseek $memory, $_[0], 0; syswrite $memory, $_[1] }
    until (load(4)) {
        if (load(0) == 1) {
            my $value = load(8);
            store(12, pack 'l', $value * $value);
            store(16, "the square of $value is " . $value * $value . "\0");
            store(0, pack 'l', 0);
        }
        sleep 0.001;
    }
'@

$turn, $done, $parentValue, $childValue, $message = 0, 4, 8, 12, 16
$mapping = New-ShmSegment $Name -Size 272 -Mount
try {
    $start = [Diagnostics.ProcessStartInfo]::new('perl')
    '-e', $partner, $Name | ForEach-Object { $start.ArgumentList.Add($_) }
    $child = [Diagnostics.Process]::Start($start)

    foreach ($round in 1..$Rounds) {
        Write-ShmData $mapping $round -Offset $parentValue -As Int32
        $null = Update-ShmValue $mapping $turn -Exchange 1 -Wake
        $null = Wait-ShmValue $mapping $turn -Equal 0 -TimeoutSec 30
        [pscustomobject]@{
            Round   = $round
            Value   = Read-ShmData $mapping -Offset $childValue -As Int32
            Message = Read-ShmData $mapping -Offset $message -As CString
        }
    }

    $null = Update-ShmValue $mapping $done -Exchange 1 -Wake
    if (-not $child.WaitForExit(30000)) { throw 'The partner did not end.' }
}
finally {
    if ($child -and -not $child.HasExited) { $child.Kill() }
    Dismount-ShmSegment $mapping
    Remove-ShmSegment $Name
}
