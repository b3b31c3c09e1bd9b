# A process without the guard: told to leave it out, or not allowed to have executable memory. The kernel copies
# instead, the errors are the same, and the user can see which of the two it is. Witnesses: perl, /proc.

BeforeDiscovery {
    $isX64 = [System.Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture -eq 'X64'
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/ChildHost.ps1"
    $name = "/pst-unguarded-$PID"
    $withoutGuard = 'env', 'PSSHAREDMEMORY_DISABLE_FAULT_GUARD=1'
}

Describe 'A process without the guard' {
    AfterEach {
        if (Test-Path "/dev/shm$name") {
            Remove-ShmSegment $name
        }
    }

    It 'says so in -Verbose and Test-ShmHost, and a process with it says that it has it' {
        $script = @"
`$null = New-ShmSegment $name -Size 64KB
(Mount-ShmSegment $name -Verbose 4>&1 | Out-String) -match 'without the guard: (\w+)' | ForEach-Object { `$_; `$Matches[1] }
`$check = Test-ShmHost | Where-Object Name -EQ GuardedCopy
"`$(`$check.Result) `$(`$check.Detail)"
Get-ShmMapping | Dismount-ShmSegment
"@
        $answer = Invoke-ChildHost $script -Through $withoutGuard
        $answer[0] | Should -Be 'True'
        $answer[1] | Should -Be 'PSSHAREDMEMORY_DISABLE_FAULT_GUARD'
        $answer[2] | Should -BeLike 'Warning *PSSHAREDMEMORY_DISABLE_FAULT_GUARD*'
        Remove-ShmSegment $name

        $null = New-ShmSegment $name -Size 64KB
        $mapping = Mount-ShmSegment $name -Verbose 4>&1
        "$mapping" | Should -BeLike '*guarded*'
        "$mapping" | Should -Not -BeLike '*without the guard*'
        Dismount-ShmSegment $name
        $check = Test-ShmHost | Where-Object Name -EQ GuardedCopy
        $check.Result | Should -Be Pass
        $check.Detail | Should -BeLike '*guard*'
    }

    It 'goes on where it may not make memory executable' -Skip:(-not $isX64) {
        $through = 'env', 'DOTNET_EnableWriteXorExecute=0', 'perl',
            "$PSScriptRoot/../native/without-executable-memory.pl"
        $answer = Invoke-ChildHost -Through $through -Script @"
(Test-ShmHost | Where-Object Name -EQ GuardedCopy).Detail
`$m = New-ShmSegment $name -Size 4096 -Mount
Write-ShmData `$m 5 -As Int32
perl -e 'truncate "/dev/shm$name", 0'
try { Read-ShmData `$m -As Int32 -ErrorAction Stop } catch { `$_.FullyQualifiedErrorId }
Dismount-ShmSegment `$m
"@
        $answer[0] | Should -BeLike '*may not make executable memory*EACCES*'
        $answer[1] | Should -BeLike 'SegmentTruncated,*'
    }

    It 'tells truncation for reading, writing, searching, comparing, copying and atomics as a process with it' {
        $body = @"
`$null = New-ShmSegment $name -Size 64KB
`$null = New-ShmSegment $name.other -Size 64KB
`$m = Mount-ShmSegment $name
`$o = Mount-ShmSegment $name.other
`$mutex = New-ShmMutex `$m -Offset 8192
`$semaphore = New-ShmSemaphore `$m -Offset 12288 -InitialCount 1
Write-ShmData `$m 42 -As Int32
`$null = Update-ShmValue `$m -Add 1
`$null = Lock-ShmMutex `$mutex; Unlock-ShmMutex `$mutex
Enter-ShmSemaphore `$semaphore; Exit-ShmSemaphore `$semaphore
Read-ShmData `$m -As Int32
perl -e 'truncate "/dev/shm$name", 4096'
foreach (`$try in
    { Read-ShmData `$m -Offset 8192 -As Int32 -ErrorAction Stop },
    { Read-ShmData `$m -ErrorAction Stop },
    { Write-ShmData `$m 1 -Offset 8192 -ErrorAction Stop },
    { Search-ShmData `$m 'nowhere' -ErrorAction Stop },
    { Compare-ShmData `$m `$o -ErrorAction Stop },
    { Copy-ShmData `$m `$o -ErrorAction Stop },
    { Clear-ShmData `$m -ErrorAction Stop },
    { Update-ShmValue `$m -Offset 8192 -Add 1 -ErrorAction Stop },
    { Wait-ShmValue `$m -Offset 8192 -Equal 7 -TimeoutSec 0 -ErrorAction Stop },
    { Lock-ShmMutex `$mutex -TimeoutSec 0 -ErrorAction Stop },
    { Enter-ShmSemaphore `$semaphore -TimeoutSec 0 -ErrorAction Stop }) {
    try { & `$try; 'nothing' } catch { (`$_.FullyQualifiedErrorId -split ',')[0] }
}
perl -e 'truncate "/dev/shm$name", 65536'
Write-ShmData `$m 7 -Offset 8192 -As Int32
Read-ShmData `$m -Offset 8192 -As Int32
Get-ShmMapping | Dismount-ShmSegment
Remove-ShmSegment $name.other
Remove-ShmSegment $name
"@
        $without = Invoke-ChildHost $body -Through $withoutGuard
        $with = Invoke-ChildHost $body
        $without[0] | Should -Be '43'
        $without[1..11] | Should -Be (@('SegmentTruncated') * 11)
        $without[12] | Should -Be '7'
        $with | Should -Be $without
    }
}
