# Mount-ShmSegment -TimeoutSec: a segment that is not there yet, or has no size yet.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $module = "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-pages-wait-$PID"
    $file = "/dev/shm$name"

    # Mounts in another runspace, and returns once that waits.
    function Start-Waiting([string] $Arguments) {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2()).AddScript(
            "Import-Module '$module'; 'waiting'; Mount-ShmSegment $Arguments")
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        $run = $shell.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]$null, $output)
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        while ($output.Count -eq 0) {
            if ($clock.Elapsed.TotalSeconds -gt 30) { throw 'The other runspace does not start.' }
            [System.Threading.Thread]::Sleep(1)
        }
        [pscustomobject]@{ Shell = $shell; Output = $output; Run = $run }
    }
}

Describe 'Waiting for a segment' {
    AfterEach { Remove-Item $file -ErrorAction Ignore }

    It 'ends when a peer has made it and set its size' {
        $waiting = Start-Waiting "$name -TimeoutSec 60"
        perl -e 'open F, ">", $ARGV[0] or die' $file
        # It is there, and empty: that is not enough.
        $waiting.Run.AsyncWaitHandle.WaitOne(200) | Should -BeFalse
        perl -e 'truncate $ARGV[0], 4096 or die' $file
        $waiting.Run.AsyncWaitHandle.WaitOne(20000) | Should -BeTrue
        $waiting.Shell.EndInvoke($waiting.Run)
        $waiting.Output[1].Length | Should -Be 4096
        $waiting.Output[1].Dispose()
        $waiting.Shell.Dispose()
    }

    It 'waits for as much as the view needs, and no longer: <View>' -ForEach @(
        @{ View = '-Offset 4096 -Length 100'; Size = 8192; Length = 100 }
        # Without -Length: the first byte beyond -Offset.
        @{ View = '-Offset 4096'; Size = 4097; Length = 1 }
    ) {
        [System.IO.File]::WriteAllBytes($file, [byte[]]::new(4096))
        $waiting = Start-Waiting "$name $View -TimeoutSec 60"
        $waiting.Run.AsyncWaitHandle.WaitOne(200) | Should -BeFalse
        perl -e 'truncate $ARGV[0], $ARGV[1] or die' $file $Size
        $waiting.Run.AsyncWaitHandle.WaitOne(20000) | Should -BeTrue
        $waiting.Shell.EndInvoke($waiting.Run)
        $waiting.Output[1].Length | Should -Be $Length
        $waiting.Output[1].Dispose()
        $waiting.Shell.Dispose()
    }

    It 'does not wait for a view that no size makes possible: -Offset <Offset> -Length <Length>' -ForEach @(
        @{ Offset = [long]::MaxValue - 4095; Length = 8192; Id = 'OutOfRange' },
        @{ Offset = -4096; Length = 1; Id = 'InvalidOffset' }
        @{ Offset = 4096; Length = [long]::MaxValue; Id = 'OutOfRange' }
    ) {
        [System.IO.File]::WriteAllBytes($file, [byte[]]::new(4096))
        { Mount-ShmSegment $name -Offset $Offset -Length $Length -TimeoutSec 60 -ErrorAction Stop } |
            Should -Throw -ErrorId "$Id*"
    }

    It 'names what is missing of an object that says it has 8 EiB' {
        perl -e 'open F, ">", $ARGV[0] or die; truncate F, ~0 >> 1 or die' $file
        $failed = { Mount-ShmSegment $name -ErrorAction Stop } | Should -Throw -PassThru
        $failed.FullyQualifiedErrorId.Split(',')[0] | Should -BeIn 'OutOfRange', 'LimitReached', 'InvalidSize'
        "$failed" | Should -Not -Match ' -\d'
        foreach ($call in { Read-ShmData $name -Count 4 }, { Get-ShmStat $name },
            { Read-ShmData $name -Offset 9223372036854775800 -Count 7 }, { Show-ShmMap $name },
            { Resize-ShmSegment $name -Size 1 -Force }) {
            $said = try { & $call -ErrorAction Stop | Out-String } catch {
                "$_"
                $_.FullyQualifiedErrorId.Split(',')[0] | Should -BeIn 'OutOfRange', 'LimitReached', 'InvalidSize'
            }
            "$said" | Should -Not -Match ' -\d'
        }
    }

    It 'waits for a System V key' {
        $key = '0x7054{0:x4}' -f ($PID % 65536)
        $waiting = Start-Waiting "-Key $key -TimeoutSec 60"
        $waiting.Run.AsyncWaitHandle.WaitOne(100) | Should -BeFalse
        $id = perl -e 'print shmget(hex $ARGV[0], 4096, 01600)' $key
        $waiting.Run.AsyncWaitHandle.WaitOne(20000) | Should -BeTrue
        $waiting.Shell.EndInvoke($waiting.Run)
        $waiting.Output[1].Segment.Id | Should -Be $id
        $waiting.Output[1].Dispose()
        $waiting.Shell.Dispose()
        ipcrm -m $id
    }

    It 'is over at once when it is there' {
        [System.IO.File]::WriteAllBytes($file, [byte[]]::new(4096))
        $mapping = Mount-ShmSegment $name -TimeoutSec 0
        $mapping.Length | Should -Be 4096
        $mapping.Dispose()
    }

    It 'in vain is WaitTimeout after the time, and says for what' {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $record = { Mount-ShmSegment $name -TimeoutSec 0.3 -ErrorAction Stop } |
            Should -Throw -ErrorId 'WaitTimeout*' -PassThru
        $clock.Elapsed.TotalSeconds | Should -BeGreaterOrEqual 0.3
        $record.CategoryInfo.Category | Should -Be 'OperationTimeout'
        $record.TargetObject | Should -Be $name
        [System.IO.File]::WriteAllBytes($file, [byte[]]::new(0))
        { Mount-ShmSegment $name -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout*'
        Test-Path $file | Should -BeTrue
    }

    It 'does not wait for what can never come' {
        { Mount-ShmSegment '/two/../steps' -TimeoutSec 60 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName*'
        { Mount-ShmSegment -Key zz -TimeoutSec 60 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidKey*'
    }

    It 'ends with the pipeline, as Ctrl+C does' {
        $waiting = Start-Waiting $name
        $null = $waiting.Run.AsyncWaitHandle.WaitOne(20000)
        $waiting.Shell.Dispose()

        $waiting = Start-Waiting "$name -TimeoutSec 600"
        $waiting.Run.AsyncWaitHandle.WaitOne(100) | Should -BeFalse
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $waiting.Shell.Stop()
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
        $waiting.Shell.InvocationStateInfo.State | Should -Be 'Stopped'
        $waiting.Shell.Dispose()
    }

    It 'refuses a negative time' {
        { Mount-ShmSegment $name -TimeoutSec -1 } | Should -Throw -ErrorId 'ParameterArgumentValidationError*'
    }
}
