# The turn-taking exchange of two processes: the example with its Perl partner, and the same with a C program that
# sleeps in futex and wakes.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/SyncPeers.ps1"
    $name = "/pst-turns-$PID"
}

Describe 'Taking turns' {
    It 'goes as the example shows, with a partner that only stores' {
        $rounds = @(& "$PSScriptRoot/../../examples/turns.ps1" -Rounds 20 -Name $name)
        $rounds.Count | Should -Be 20
        $rounds.Value | Should -Be (1..20 | ForEach-Object { $_ * $_ })
        $rounds[19].Message | Should -Be 'the square of 20 is 400'
        Test-Path "/dev/shm$name" | Should -BeFalse
    }

    It 'goes with a C program that sleeps and wakes' -Tag Compiler -Skip:$noCompiler {
        $m = New-ShmSegment $name 272 -Mount
        $peer = Start-SyncPeer $name
        Send-PeerOnly $peer 'echo 0 200'
        foreach ($round in 0..199) {
            Update-ShmValue $m 0 -Exchange (2 * $round + 1) -Wake | Should -Be (2 * $round)
            Wait-ShmValue $m 0 -Equal (2 * $round + 2) -TimeoutSec 20 | Should -Be (2 * $round + 2)
        }
        Receive-Peer $peer | Should -Be ''
        Stop-Peer $peer | Should -Be 0
        Dismount-ShmSegment $m
        Remove-ShmSegment $name
    }

    It 'ends by the timeout when the partner is <How>' -Tag Compiler -Skip:$noCompiler -ForEach @(
        @{ How = 'killed'; Signal = 'KILL' }
        @{ How = 'stopped'; Signal = 'STOP' }
    ) {
        $m = New-ShmSegment $name 272 -Mount
        $peer = Start-SyncPeer $name
        Send-PeerOnly $peer 'echo 0 2'
        kill -s $Signal $peer.Id
        if ($Signal -eq 'KILL') { $peer.WaitForExit() }
        $null = Update-ShmValue $m 0 -Exchange 1 -Wake
        { Wait-ShmValue $m 0 -Equal 2 -TimeoutSec 0.2 -ErrorAction Stop } | Should -Throw -ErrorId 'WaitTimeout,*'
        if ($Signal -eq 'STOP') {
            kill -s CONT $peer.Id
            Wait-ShmValue $m 0 -Equal 2 -TimeoutSec 20 | Should -Be 2
            $null = Stop-Peer $peer -Kill
        }
        Dismount-ShmSegment $m
        Remove-ShmSegment $name
    }
}
