# Somebody sets the clock while a script waits: no wait may notice. What the kernel is asked to wait by is seen with
# strace.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $cannot = -not (Test-Compiler) -or
        -not @($env:PATH -split ':' | Where-Object { Test-Path "$_/strace" }).Count
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
}

Describe 'A change of the clock' -Tag Compiler {
    It 'does not matter to a wait that is timed' -Skip:$cannot {
        $name = "/pst-clock-$PID"
        $log = [IO.Path]::GetTempFileName()
        $m = New-ShmSegment $name 4KB -Mount
        $peer = Start-SyncPeer $name
        try {
            $null = New-ShmMutex $m 64
            $null = New-ShmMutex $m 128 -PriorityInherit
            $null = New-ShmSemaphore $m 256
            foreach ($offset in 64, 128) { Send-Peer $peer "lock $offset" | Should -Be '0' }
            $answers = Invoke-ChildHost -Through strace, -f, -e, trace=futex, -o, $log -Script @"
`$ErrorActionPreference = 'SilentlyContinue'
`$m = Mount-ShmSegment $name
"{0:x}" -f [long]`$m.Address
Wait-ShmValue `$m 0 -Equal 1 -TimeoutSec 0.15
Lock-ShmMutex `$m 64 -TimeoutSec 0.15
Lock-ShmMutex `$m 128 -TimeoutSec 0.15
Enter-ShmSemaphore `$m 256 -TimeoutSec 0.15
`$Error.FullyQualifiedErrorId -replace ',.*'
"@
            $answers[1..4] | Should -Be 'WaitTimeout', 'WaitTimeout', 'WaitTimeout', 'WaitTimeout'
            $base = [Convert]::ToInt64($answers[0], 16)
            $calls = (Get-Content $log) -match 'futex\(0x'
            foreach ($offset in 0, 64, 128, 256) {
                # Relative, or by CLOCK_MONOTONIC. FUTEX_LOCK_PI knows the other clock only, and where a kernel before
                # 5.14 has no FUTEX_LOCK_PI2 the lock is tried again and again instead.
                $waits = @($calls -match ('futex\(0x{0:x}, .*tv_sec' -f ($base + $offset)))
                if ($offset -ne 128) {
                    $waits.Count | Should -BeGreaterThan 0 -Because "something waits at offset $offset"
                }
                @($waits -match 'FUTEX_CLOCK_REALTIME|FUTEX_LOCK_PI[|,]').Count | Should -Be 0
            }
        }
        finally {
            $null = Stop-Peer $peer -Kill
            Dismount-ShmSegment $m
            Remove-ShmSegment $name
            Remove-Item $log -ErrorAction Ignore
        }
    }
}
