# examples/workers.ps1, and what Python does to memory that others have made.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $hasPython = @($env:PATH -split ':' | Where-Object { Test-Path "$_/python3" }).Count -gt 0
    $missing = -not $hasPython -or -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "pst-workers-$PID"
}

Describe 'examples/workers.ps1' -Tag Compiler -Skip:$missing {
    It 'has Python and C do the work, each job once, and leaves nothing' {
        $results = @(& "$PSScriptRoot/../../examples/workers.ps1" -Jobs 80 -Name "/$name")
        $results.Number | Sort-Object | Should -Be (1..80)
        $results | Where-Object { $_.Square -ne $_.Number * $_.Number } | Should -BeNullOrEmpty
        $results.By | Sort-Object -Unique | Should -Be @('C', 'Python')
        Get-ChildItem /dev/shm -Filter "$name*" | Should -BeNullOrEmpty
    }
}

Describe 'The resource tracker of Python' -Skip:(-not $hasPython) {
    BeforeEach {
        $segment = New-ShmSegment "/$name" -Size 4KB
        Write-ShmData "/$name" 42 -As Int32
    }

    AfterEach { Remove-Item "/dev/shm/$name" -ErrorAction Ignore }

    It 'unlinks nothing of ours: <way>' -ForEach @(
        @{
            way = 'an attached segment that the tracker was told to forget, or never told of'
            script = @'
import sys
from multiprocessing import resource_tracker, shared_memory
name = sys.argv[1]
if sys.version_info >= (3, 13):
    memory = shared_memory.SharedMemory(name, track=False)
else:
    memory = shared_memory.SharedMemory(name)
    resource_tracker.unregister("/" + name, "shared_memory")
print(int.from_bytes(memory.buf[:4], "little"))
memory.close()
'@
        }
        @{
            way = 'mmap of the file, which no tracker sees'
            script = @'
import mmap, sys
with open("/dev/shm/" + sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
    print(int.from_bytes(memory[:4], "little"))
'@
        }
    ) {
        python3 -c $script $name 2>&1 | Should -Be '42'
        Test-Path "/dev/shm/$name" | Should -BeTrue
        Read-ShmData "/$name" -As Int32 | Should -Be 42
    }

    It 'would unlink it where Python only opened it, before 3.13: the docs warn of that' {
        $before = python3 -c 'import sys; print(int(sys.version_info < (3, 13)))'
        $script = 'import sys; from multiprocessing import shared_memory as s; s.SharedMemory(sys.argv[1]).close()'
        $null = python3 -c $script $name 2>&1
        Test-Path "/dev/shm/$name" | Should -Be ($before -ne '1')
    }

    It 'has nothing to do with a queue that Python uses by the library' -Tag Compiler -Skip:$missing {
        $header = "$PSScriptRoot/../../include/pssharedmemory.h"
        gcc -shared -fPIC -O1 '-DPSSM_API=' -x c $header -o "$TestDrive/l.so" -lpthread
        $q = New-ShmQueue "/$name-q"
        try {
            Send-ShmMessage $q '7'
            Send-ShmMessage $q $null
            python3 "$PSScriptRoot/../../examples/workers.py" "$TestDrive/l.so" "/$name-q" "/$name-q" 2>&1 |
                Should -BeNullOrEmpty
            Receive-ShmMessage $q -TimeoutSec 10 | Should -Be '7 49 Python'
            Test-Path "/dev/shm/$name-q" | Should -BeTrue
        }
        finally {
            $q.Dispose()
            Remove-Item "/dev/shm/$name-q"
        }
    }
}
