# Programs that people run, where they are installed: what they make is told by name or content, attributed, readable,
# in use while they live, and what a kill leaves is found and removed. The witnesses are ipcs, /dev/shm and /proc.

BeforeDiscovery {
    function Test-Program([string[]] $Name) {
        -not @($Name | Where-Object { -not (Get-Command $_ -ErrorAction Ignore) })
    }
    $noRoot = [Environment]::UserName -ne 'root'
    $no = @{
        Python = -not (Test-Program python3)
        Jack   = -not (Test-Program jackd, jack_cpu_load)
        Xvfb   = -not (Test-Program Xvfb)
        Mpi    = -not (Test-Program mpirun.openmpi, mpicc.openmpi)
        Nginx  = -not (Test-Program nginx)
        Fpm    = -not (Test-Program php-fpm8.2)
        Apache = -not (Test-Program apache2)
    }
    $no.Mpi = $no.Mpi -or -not (Test-Path /usr/lib/*/openmpi/include/mpi.h)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"

    function Get-Child([int] $Id) {
        @(-split (Get-Content "/proc/$Id/task/$Id/children" -Raw) | ForEach-Object { [int] $_ })
    }

    # Ends processes at once, whoever their parent is, and waits until they hold nothing.
    function Stop-AtOnce([int[]] $Id) {
        kill -9 $Id
        Wait-Condition { @($Id | Where-Object { Get-Content "/proc/$_/maps" -ErrorAction Ignore }).Count -eq 0 } 20
    }

    # The kernel's own sum of a process's shared memory, in bytes.
    function Get-Rollup([int] $Id) {
        1024 * [long] ((Get-Content "/proc/$Id/smaps_rollup") -match '^Pss_Shmem:' -replace '\D')[0]
    }

    function Test-OwnOrphan([string] $Pattern) {
        @(Find-ShmOrphan -OlderThan 0s -IncludeSemaphore -WarningAction Ignore |
            Where-Object Name -CMatch $Pattern).Count
    }
}

Describe 'Python' -Skip:$no.Python {
    It 'has its memory, arrays and locks told by name' {
        $python = Start-Program python3 @('-c', @'
import sys
from multiprocessing import shared_memory, Array, get_context
s = shared_memory.SharedMemory(create=True, size=4096)
a = Array('i', 100)
print(s.name, flush=True); sys.stdin.read(); s.close(); s.unlink()
'@)
        try {
            $name = $python.StandardOutput.ReadLine()
            "$((Get-ShmSegment $name).Origin)" | Should -BeExactly 'Python SharedMemory (Name)'
            $arrays = @(Get-ShmAttachment -ProcessId $python.Id |
                Where-Object { "$($_.Segment.Name)" -cmatch '^/pym-' })
            $arrays[0].IsRemoved | Should -BeTrue
            "$($arrays[0].Segment.Origin)" | Should -BeExactly 'Python multiprocessing array (Name)'
            # What only looks like it.
            foreach ($near in "psm_notes", "psm_$PID", "$name.bak", 'torch_light') {
                $null = New-Item "/dev/shm/$near" -Force
                try { (Get-ShmSegment "/$near").Origin | Should -BeNullOrEmpty -Because $near }
                finally { Remove-Item "/dev/shm/$near" }
            }
        }
        finally {
            $python.StandardInput.Close()
            $python.WaitForExit()
        }
    }
}

Describe 'JACK' -Tag Server, Root -Skip:($no.Jack -or $noRoot) {
    It 'is told, attributed and read while it lives, and what a kill leaves is found' {
        $server = "pst$PID"
        $env:JACK_DEFAULT_SERVER = $server
        $jackd = Start-Program jackd @('--name', $server, '--no-realtime', '-d', 'dummy') -DiscardError
        $mine = "^/jack-0-|^/jack_sem\.0_${server}_|^/jack_db-0/|^/jack-shm-registry$"
        try {
            Wait-Condition { Test-Path "/dev/shm/jack_sem.0_${server}_system" } 20
            $client = Start-Program jack_cpu_load -DiscardError
            Wait-Condition { Test-Path "/dev/shm/jack_sem.0_${server}_jack_cpu_load" } 20
            # A client maps the registry once it has found its server.
            Wait-Condition { (Get-ShmStat /jack-shm-registry).HolderProcessIds -contains $client.Id } 20
            $stats = @(Get-ShmStat -WarningAction Ignore | Where-Object Name -CMatch $mine)
            $stats.Name | Should -Contain '/jack-shm-registry'
            foreach ($stat in $stats) {
                "$($stat.Origin)" | Should -BeIn 'JACK (Name)', 'JACK registry (Magic)' -Because $stat.Name
                $stat.HolderProcessIds | Should -Contain $jackd.Id -Because $stat.Name
            }
            ($stats | Where-Object Name -CLike '*registry').HolderProcessIds | Should -Contain $client.Id
            $registry = Get-ShmSegment /jack-shm-registry | Mount-ShmSegment -ReadOnly
            $registry.Protection | Should -Be 'Read'
            # JackShmMagic, little-endian.
            $registry.Reader.ReadInt32(0) | Should -Be 0x4a41434b
            $registry.Dispose()
            Test-OwnOrphan $mine | Should -Be 0
            Stop-AtOnce $jackd.Id, $client.Id
            # The server may have seen its client's end before its own.
            $left = @(Get-ChildItem /dev/shm -Recurse -File -Force |
                Where-Object { $_.FullName.Substring(8) -cmatch $mine })
            $left.Name | Should -Contain 'jack-shm-registry'
            Test-OwnOrphan $mine | Should -Be $left.Count
            Find-ShmOrphan -OlderThan 0s | Where-Object Name -CMatch $mine | Remove-ShmSegment
            @(Get-ChildItem /dev/shm -Recurse -File -Force | Where-Object { $_.FullName.Substring(8) -cmatch $mine }) |
                Should -BeNullOrEmpty
        }
        finally {
            $env:JACK_DEFAULT_SERVER = $null
            Stop-Process -Id $jackd.Id -Force -ErrorAction Ignore
            Get-ChildItem /dev/shm -Force |
                Where-Object Name -CMatch "^jack_${server}_|^jack_sem\.0_${server}_|^jack_db-0$|^jack-0-|^jack-shm" |
                Remove-Item -Recurse -Force
        }
    }
}

Describe 'Xvfb -shmem' -Tag Server -Skip:$no.Xvfb {
    It 'has its screen told by content and read, and a kill leaves an orphan' {
        # It looks for a free display by itself.
        $options = '-displayfd', '1', '-shmem', '-screen', '0', '320x200x24', '-nolisten', 'tcp'
        $server = Start-Program Xvfb $options -DiscardError
        try {
            $server.StandardOutput.ReadLine() | Should -Match '^\d+$'
            $screen = @(Get-ShmStat -Kind SysV -WarningAction Ignore | Where-Object CreatorProcessId -EQ $server.Id)[0]
            $screen.HolderProcessIds | Should -Contain $server.Id
            $screen.Origin | Should -BeNullOrEmpty
            $said = $screen | Get-ShmOrigin -Attach
            $said.Name, $said.Certainty | Should -BeExactly 'Xvfb', 'Magic'
            $mapping = $screen | Mount-ShmSegment -ReadOnly
            $mapping.Reader.ReadCString(100) | Should -BeLike 'Xvfb *'
            $mapping.Dispose()
            @(Find-ShmOrphan -OlderThan 0s -Kind SysV -WarningAction Ignore).Id | Should -Not -Contain $screen.Id
            Stop-AtOnce $server.Id
            Wait-Detached $screen.Id
            $orphan = Find-ShmOrphan -OlderThan 0s -Kind SysV -WarningAction Ignore | Where-Object Id -EQ $screen.Id
            $orphan | Remove-ShmSegment
            @(ipcs -m | Where-Object { (-split $_)[1] -eq $screen.Id }) | Should -BeNullOrEmpty
        }
        finally { Stop-Process -Id $server.Id -Force -ErrorAction Ignore }
    }
}

Describe 'Open MPI' -Tag Server, Compiler, Root -Skip:($no.Mpi -or $noRoot) {
    It 'has the memory of its ranks told and attributed, removed objects too, and a kill leaves orphans' {
        Set-Content "$TestDrive/ranks.c" @'
#include <mpi.h>
#include <stdio.h>
#include <unistd.h>
int main(int c, char **v)
{
    int rank; MPI_Win w; void *b;
    MPI_Init(&c, &v);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Win_allocate_shared(4096, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &b, &w);
    MPI_Barrier(MPI_COMM_WORLD);
    printf("rank %d %d\n", rank, getpid());
    fflush(stdout);
    pause();
}
'@
        mpicc.openmpi -o "$TestDrive/ranks" "$TestDrive/ranks.c"
        $LASTEXITCODE | Should -Be 0
        $run = Start-Program mpirun.openmpi @('--allow-run-as-root', '--oversubscribe', '-n', '2', '--mca', 'btl',
            'self,vader', "$TestDrive/ranks") -DiscardError
        try {
            $ranks = @(1..2 | ForEach-Object { [int] (-split $run.StandardOutput.ReadLine())[2] })
            $stats = @(Get-ShmStat '/vader_segment.*' -WarningAction Ignore |
                Where-Object { $_.HolderProcessIds -contains $ranks[0] })
            $stats.Count | Should -Be 2
            foreach ($stat in $stats) {
                "$($stat.Origin)" | Should -BeExactly 'Open MPI (Name)'
                $stat.HolderProcessIds | Should -Be @($ranks | Sort-Object)
            }
            # The window of all ranks has lost its name.
            $window = @(Get-ShmAttachment -ProcessId $ranks[1] | Where-Object { $_.IsRemoved -and $_.Kind -eq 'Posix' })
            $window.Count | Should -BeGreaterThan 0
            foreach ($area in $window) { "$($area.Segment.Origin)" | Should -BeExactly 'Open MPI (Name)' }
            $mapping = $window[0] | Mount-ShmSegment -ReadOnly
            $mapping.Length | Should -BeGreaterThan 0
            $mapping.Dispose()
            Test-OwnOrphan '^/vader_segment\.' | Should -Be 0
            Stop-AtOnce (@($run.Id) + $ranks)
            $left = Find-ShmOrphan -OlderThan 0s -WarningAction Ignore | Where-Object Name -CIn $stats.Name
            @($left) | Should -HaveCount 2
            $left | Remove-ShmSegment
            $stats.Name | ForEach-Object { Test-Path "/dev/shm$_" | Should -BeFalse }
        }
        finally { Stop-Process -Id $run.Id -Force -ErrorAction Ignore }
    }
}

Describe 'Shared memory without a name of <Name>' -Tag Server, Root -Skip:$noRoot -ForEach @(
    @{ Name = 'nginx'; Missing = $no.Nginx; Area = 4MB; Origin = 'nginx' }
    @{ Name = 'PHP''s OPcache'; Missing = $no.Fpm; Area = 32MB; Origin = 'PHP' }
    @{ Name = 'Apache''s scoreboard'; Missing = $no.Apache; Area = 0; Origin = 'Apache' }
) {
    It 'is one segment of all processes, adds up, and is read and exported from outside' -Skip:$Missing {
        $folder = [IO.Directory]::CreateTempSubdirectory('pst-program-').FullName
        $server = if ($Name -eq 'nginx') {
            $places = 'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi' |
                ForEach-Object { "${_}_temp_path $folder/$_;" }
            Set-Content "$folder/conf" @"
daemon off; worker_processes 2; pid $folder/pid; error_log $folder/log; events {}
http {
    access_log off; $places limit_req_zone `$binary_remote_addr zone=one:4m rate=10r/s;
    server { listen unix:$folder/sock; }
}
"@
            Start-Program nginx @('-c', "$folder/conf") -DiscardError
        }
        elseif ($Name -like 'PHP*') {
            Set-Content "$folder/conf" @"
[global]
error_log=$folder/log
[www]
listen=$folder/sock
user=nobody
pm=static
pm.max_children=2
"@
            $options = 'opcache.enable=1', 'opcache.memory_consumption=32' | ForEach-Object { '-d', $_ }
            Start-Program php-fpm8.2 (@('-F', '-R', '-y', "$folder/conf") + $options) -DiscardError
        }
        else {
            Set-Content "$folder/conf" @"
ServerRoot $folder
ServerName localhost
LoadModule mpm_prefork_module /usr/lib/apache2/modules/mod_mpm_prefork.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
Listen 127.0.0.1:$(Get-Random -Minimum 20000 -Maximum 60000)
PidFile $folder/pid
ErrorLog $folder/log
User nobody
StartServers 2
"@
            Start-Program apache2 @('-DFOREGROUND', '-f', "$folder/conf") -DiscardError
        }
        try {
            Wait-Condition { @(Get-Child $server.Id).Count -ge 2 } 20
            $areas = @(Get-ShmAttachment -ProcessId $server.Id | Where-Object Kind -EQ Anonymous)
            $area = $Area ? @($areas | Where-Object Length -EQ $Area)[0] : ($areas | Sort-Object Length)[-1]
            # One for all, though each maps it by itself. Apache's children come one by one.
            Wait-Condition {
                $script:stat = Get-ShmStat -Kind Anonymous -WarningAction Ignore |
                    Where-Object Label -EQ $area.Segment.Label
                $script:all = @($server.Id) + @(Get-Child $server.Id)
                "$($stat.HolderProcessIds | Sort-Object)" -eq "$($script:all | Sort-Object)"
            } 20
            foreach ($process in $script:all) {
                $sum = (Get-ShmAttachment -ProcessId $process | Measure-Object Pss -Sum).Sum
                # The kernel rounds each area's to kilobytes, and then the sum.
                [Math]::Abs($sum - (Get-Rollup $process)) | Should -BeLessOrEqual 8KB
            }
            # By who holds it: it has nothing else to be told by.
            "$($area.Segment.Origin)" | Should -Be "$Origin (Holder)"
            $script:stat.Origin.Name, "$($script:stat.Origin.Certainty)" | Should -Be $Origin, 'Holder'
            $mapping = $area | Mount-ShmSegment
            $mapping.Protection | Should -Be 'Read'
            $mapping.Length | Should -Be $area.Length
            $bytes = $mapping.Reader.ReadBytes(0, 4096)
            $mapping.Dispose()
            # The witness reads the process's own memory.
            $memory = [IO.File]::OpenHandle("/proc/$($server.Id)/mem")
            $there = [byte[]]::new(4096)
            try { $null = [IO.RandomAccess]::Read($memory, $there, $area.Address) } finally { $memory.Dispose() }
            [Convert]::ToHexString($bytes) | Should -BeExactly ([Convert]::ToHexString($there))
            $area | Export-ShmSegment "$folder/copy"
            (Get-Item "$folder/copy").Length | Should -Be $area.Length
            { $area | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind,*'
        }
        finally {
            Stop-AtOnce (@($server.Id) + @(Get-Child $server.Id))
            Remove-Item $folder -Recurse -Force
        }
    }
}
