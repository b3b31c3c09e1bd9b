# Waiting until a segment is there, gone or unused; who makes and removes it is another process.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $module = "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "pst-await-$PID"

    # Waits in another runspace, and returns once that has begun.
    function Start-Waiting([string] $Arguments) {
        $shell = [powershell]::Create(
            [initialsessionstate]::CreateDefault2()).AddScript("Import-Module '$module'; 'waiting'; $Arguments")
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $run = $shell.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]] $null, $output)
        Wait-Condition { $output.Count -gt 0 }
        [pscustomobject] @{ Shell = $shell; Output = $output; Run = $run }
    }
    function Complete-Waiting($Waiting) {
        $Waiting.Run.AsyncWaitHandle.WaitOne(20000) | Should -BeTrue
        $null = $Waiting.Shell.EndInvoke($Waiting.Run)
        $Waiting.Output | Select-Object -Skip 1
        $Waiting.Shell.Dispose()
    }
}

Describe 'Wait-ShmSegment' {
    AfterEach { Get-ShmSegment "$name*" | Remove-ShmSegment }

    It 'waits until it is there' {
        $waiting = Start-Waiting "Wait-ShmSegment $name -TimeoutSec 60"
        $waiting.Run.AsyncWaitHandle.WaitOne(150) | Should -BeFalse
        perl -e 'open F, ">", $ARGV[0] or die' "/dev/shm/$name"
        (Complete-Waiting $waiting).Name | Should -BeExactly "/$name"
    }

    It 'waits for any that a pattern matches, and until none does' {
        $waiting =
            Start-Waiting "Wait-ShmSegment '$name-*' -TimeoutSec 60; Wait-ShmSegment '$name-*' -Gone -TimeoutSec 60; 'all gone'"
        $waiting.Run.AsyncWaitHandle.WaitOne(150) | Should -BeFalse
        $null = New-Item "/dev/shm/$name-7"
        Wait-Condition { $waiting.Output.Count -gt 1 }
        $waiting.Run.AsyncWaitHandle.WaitOne(150) | Should -BeFalse
        Remove-Item "/dev/shm/$name-7" -ErrorAction Ignore
        (Complete-Waiting $waiting)[-1] | Should -BeExactly 'all gone'
    }

    It 'takes the literal name of what is piped, and -LiteralName' {
        $segment = New-ShmSegment -Name "/$name-[1]" -Size 4KB
        ($segment | Wait-ShmSegment -TimeoutSec 0).Name | Should -BeExactly "/$name-[1]"
        (Wait-ShmSegment -LiteralName "/$name-[1]" -TimeoutSec 0).Name | Should -BeExactly "/$name-[1]"
        { Wait-ShmSegment "/$name-[1]" -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
    }

    It 'takes another that has its name for gone, if it was piped' {
        $segment = New-ShmSegment $name -Size 4KB
        $null = New-Item "/dev/shm/$name.new" -Value x
        Move-Item "/dev/shm/$name.new" "/dev/shm/$name" -Force
        $segment | Wait-ShmSegment -Gone -TimeoutSec 0 -ErrorAction Stop
        { Wait-ShmSegment $name -Gone -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
    }

    It 'waits until nobody uses it: <_>' -ForEach 'Posix', 'SysV' {
        $peer = Start-Peer
        if ($_ -eq 'Posix') {
            $segment = New-ShmSegment $name -Size 4KB
            $null = Send-Peer $peer "open /$name"
            $target = $name
        }
        else {
            $segment = New-ShmSegment -Private -Size 4KB
            $null = Send-Peer $peer "shmat $($segment.Id)"
            $target = "-Id $($segment.Id)"
        }
        try {
            $waiting = Start-Waiting "Wait-ShmSegment $target -Unused -TimeoutSec 60"
            $waiting.Run.AsyncWaitHandle.WaitOne(200) | Should -BeFalse
            $null = Stop-Peer $peer -Kill
            (Complete-Waiting $waiting).Label | Should -BeExactly $segment.Label
        }
        finally { $segment | Remove-ShmSegment }
    }

    It 'stops waiting for the end of its use when it is gone' {
        $segment = New-ShmSegment $name -Size 4KB
        $mapping = $segment | Mount-ShmSegment
        $waiting =
            Start-Waiting "try { Wait-ShmSegment $name -Unused -TimeoutSec 60 -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId }"
        $waiting.Run.AsyncWaitHandle.WaitOne(150) | Should -BeFalse
        Remove-Item "/dev/shm/$name" -ErrorAction Ignore
        Complete-Waiting $waiting | Should -BeExactly 'SegmentNotFound,PSSharedMemory.Commands.WaitShmSegmentCommand'
        $mapping.Dispose()
    }

    It 'waits for a key, and until an id is gone' {
        $key = '0x7057{0:x4}' -f ($PID % 65536)
        $waiting = Start-Waiting "Wait-ShmSegment -Key $key -TimeoutSec 60"
        $waiting.Run.AsyncWaitHandle.WaitOne(100) | Should -BeFalse
        $id = perl -e 'print shmget(hex $ARGV[0], 4096, 01600)' $key
        (Complete-Waiting $waiting).Id | Should -Be $id
        $waiting = Start-Waiting "Wait-ShmSegment -Id $id -Gone -TimeoutSec 60"
        $waiting.Run.AsyncWaitHandle.WaitOne(100) | Should -BeFalse
        ipcrm -m $id
        Complete-Waiting $waiting | Should -BeNullOrEmpty
    }

    It 'goes on with the next after one that timed out' {
        $null = New-ShmSegment "$name-b" -Size 4KB
        $found = Wait-ShmSegment "$name-a",
            "$name-b" -TimeoutSec 0.05 -ErrorAction SilentlyContinue -ErrorVariable problems
        $problems.FullyQualifiedErrorId | Should -BeExactly 'WaitTimeout,PSSharedMemory.Commands.WaitShmSegmentCommand'
        $problems[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $found.Name | Should -BeExactly "/$name-b"
        { Wait-ShmSegment $name -Gone -Unused } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
        { Wait-ShmSegment '/a/../b' -TimeoutSec 60 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
    }

    It 'ends at once when it is stopped' {
        Measure-Stop {
            $waiting = Start-Waiting "Wait-ShmSegment $name"
            $waiting.Run.AsyncWaitHandle.WaitOne(200) | Should -BeFalse
            $waiting.Shell
        } | Should -BeLessThan 1000
    }
}
