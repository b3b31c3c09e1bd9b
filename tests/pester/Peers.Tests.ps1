BeforeDiscovery {
    . $PSScriptRoot/Peers.ps1
    $peers = @(
        @{ Language = 'Perl'; Missing = $false }
        @{ Language = 'C'; Missing = -not (Test-Compiler) }
    )
}

BeforeAll {
    . $PSScriptRoot/Peers.ps1
    $name = '/pst-peers-' + [guid]::NewGuid().ToString('N')
}

# The peers are witnesses of everything else: here they are judged by each other's kernel facts.
Describe 'The <_.Language> peer' -ForEach $peers -Tag Compiler -Skip:(-not (Test-Compiler)) {
    BeforeAll {
        $peer = Start-Peer $_.Language 'one', 'two words'
        $other = Start-Peer $(if ($_.Language -eq 'C') { 'Perl' } else { 'C' })
    }
    AfterAll {
        Stop-Peer $peer
        Stop-Peer $other
    }

    It 'says who it is' {
        Send-Peer $peer 'pid' | Should -Be $peer.Id
        Send-Peer $peer 'args' | Should -BeExactly "one`ttwo words"
        Send-Peer $peer 'cwd' | Should -BeExactly ([IO.Directory]::GetCurrentDirectory())
    }

    It 'shares a POSIX object' {
        $null = Send-Peer $peer "create $name 8192"
        try {
            (Send-Peer $other "open $name") -split ' ' | ForEach-Object { $_ } | Should -HaveCount 3
            Send-Peer $peer 'poke 0 4100 -7' | Should -BeExactly ''
            Send-Peer $other 'peek 0 4100' | Should -Be -7
            Send-Peer $other 'bytes 0 4100 4' | Should -BeExactly 'f9ffffff'
            { Send-Peer $other 'peek 0 8190' } | Should -Throw 'slot 22'
            { Send-Peer $peer "create $name 8192" } | Should -Throw 'shm_open 17'
            $null = Send-Peer $other "truncate $name 4096"
            [IO.FileInfo]::new("/dev/shm$name").Length | Should -Be 4096
        }
        finally { $null = Send-Peer $peer "unlink $name" }
        Test-Path "/dev/shm$name" | Should -BeFalse
        $null = Send-Peer $peer 'detach 0'
        $null = Send-Peer $other 'detach 0'
    }

    It 'forks, and its child writes, detaches and is killed' {
        $id = Send-Peer $peer 'shmget 0 5000'
        try {
            $slot, $address, $length = (Send-Peer $peer "shmat $id") -split ' '
            $length | Should -Be 5000
            Get-Content "/proc/$($peer.Id)/maps" -Raw | Should -Match "(?m)^0*$($address.Substring(2))-"
            $child = Send-Peer $peer 'fork'
            Send-Peer $other "nattch $id" | Should -Be 2
            $null = Send-Peer $peer "to $child poke $slot 8 42"
            Send-Peer $peer "peek $slot 8" | Should -Be 42
            $null = Send-Peer $peer "to $child detach $slot"
            Send-Peer $other "nattch $id" | Should -Be 1
            Send-Peer $peer "wait $child" | Should -BeExactly 'exit 0'
            $child = Send-Peer $peer 'fork'
            $null = Send-Peer $peer "kill $child 9"
            Send-Peer $peer "wait $child" | Should -BeExactly 'signal 9'
            Send-Peer $other "nattch $id" | Should -Be 1
            $null = Send-Peer $peer "detach $slot"
        }
        finally { $null = Send-Peer $peer "rmid $id" }
        { Send-Peer $other "nattch $id" } | Should -Throw 'shmctl 22'
    }
}
