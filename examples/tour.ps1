# The main job from end to end, with a Perl program as the other side: a System V segment that Perl made is found and
# read; a POSIX segment made here is written by a forked Perl child and seen in a view that was there before. At the
# end nothing is left, and that is proved.
#
#     dotnet tool exec powershell@7.6.9 -y -- ./build.ps1 -Task Tour
#     ./build.ps1 -Task Tour

$ErrorActionPreference = 'Stop'
Import-Module "$PSScriptRoot/../out/PSSharedMemory"

function Assert-True([bool] $Condition, [string] $Fact) {
    if (-not $Condition) { throw "Not so: $Fact" }
    "    proved: $Fact"
}

function Get-IpcsRow($Id) { ipcs -m | Where-Object { (-split $_)[1] -eq $Id } }

$id = $null
$name = "/pssharedmemory-tour-$PID"
try {
    '1. A Perl program makes a System V segment and writes into it (shmget, shmwrite).'
    $id = [int](perl -e '
        defined(my $id = shmget(0, 4096, 01600)) or die "shmget: $!";
        shmwrite($id, pack("l< d< Z*", 42, 2.5, "written by Perl"), 0, 28) or die "shmwrite: $!";
        print $id')
    $segment = Get-ShmSegment -Id $id
    $segment | Out-Host
    Assert-True ([bool](Get-IpcsRow $id)) "ipcs lists id $id too, and its maker, process $($segment.CreatorProcessId), has ended"

    '2. It is mounted read-only and read as an integer, a floating-point number and a C string.'
    $view = $segment | Mount-ShmSegment -ReadOnly
    $view | Out-Host
    $number = Read-ShmData $view -As Int32
    $real = Read-ShmData $view -As Double -Offset 4
    $text = Read-ShmData $view -As CString -Offset 12
    "    $number, $real, '$text'"
    Assert-True ($number -eq 42 -and $real -eq 2.5 -and
        $text -ceq 'written by Perl') 'what Perl packed is what was read'
    Assert-True ((-split (Get-IpcsRow $id))[5] -eq 1) 'ipcs counts one attachment: this view'
    $refusal = $null
    Write-ShmData $view 0 -ErrorAction SilentlyContinue -ErrorVariable refusal
    Assert-True (
        $refusal[0].FullyQualifiedErrorId -like 'PageProtected,*') 'writing through it is an error record (PageProtected), not a crash'

    "3. A POSIX segment is made here and mounted; a forked Perl child writes into /dev/shm$name."
    $mapping = New-ShmSegment $name -Size 64KB -Mode 0640 -Mount
    Write-ShmData $mapping 'nobody yet' -NullTerminated
    $child = perl -e '
        defined(my $pid = fork) or die "fork: $!";
        if (!$pid) {
            open(my $shm, "+<", "/dev/shm$ARGV[0]") or die "open: $!";
            print $shm "child $$ was here\0";
            exit;
        }
        waitpid($pid, 0);
        print $pid' $name
    $seen = Read-ShmData $mapping -As CString
    "    '$seen'"
    Assert-True ($seen -ceq "child $child was here") 'the view that was mounted before sees what the child wrote'

    '4. Both families in one table, and what this session has mounted.'
    Get-ShmSegment | Where-Object { $_.Id -eq $id -or $_.Name -eq $name } | Out-Host
    Get-ShmMapping | Out-Host

    '5. A System V segment that is removed while it is mounted goes with its last view.'
    Remove-ShmSegment -Id $id
    Assert-True ((Get-ShmSegment -Id $id).Status -eq 'RemovalPending') 'it waits for its last detach'
    Assert-True ((Read-ShmData $view -As Int32) -eq 42) 'the view still reads it'
}
finally {
    Dismount-ShmSegment -All
    if ($null -ne $id) { Get-ShmSegment -Id $id -ErrorAction SilentlyContinue | Remove-ShmSegment }
    Remove-ShmSegment $name -ErrorAction SilentlyContinue
}

'6. Nothing is left.'
Assert-True (-not (Get-IpcsRow $id)) "ipcs no longer lists id $id"
Assert-True (-not [System.IO.File]::Exists("/dev/shm$name")) "/dev/shm$name is gone"
$maps = [System.IO.File]::ReadAllText('/proc/self/maps')
Assert-True ($maps -notmatch '/SYSV' -and -not $maps.Contains($name)) '/proc/self/maps has neither'
Assert-True (-not (Get-ShmMapping)) 'this session has no mapping'
'Done.'
