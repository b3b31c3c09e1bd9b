# Hosts on which not everything can be seen: /proc with hidepid, users and namespaces that may not look, processes that
# come and go while they are read, descriptors that no process has. Nothing of it may be taken for "unused".

BeforeDiscovery {
    $noPython = -not (Get-Command python3 -CommandType Application -ErrorAction Ignore)
    $noRoot = [Environment]::UserName -ne 'root'
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    . "$PSScriptRoot/ChildHost.ps1"
    $prefix = "pst-blind-$PID"
    # A host of the user nobody, which sees /proc as the option says; -Root makes it root of a user namespace of its
    # own.
    function Invoke-Stranger([string] $Script, [int] $HidePid, [switch] $Root) {
        $through = 'unshare', '-m', 'bash', '-c', "mount -t proc -o hidepid=$HidePid proc /proc && exec ""`$@""", 'x',
            'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'
        if ($Root) { $through += 'unshare', '-U', '-r' }
        @(Invoke-ChildHost $Script -Through $through)
    }
    function Test-Id($Id) { @(ipcs -m | Where-Object { (-split $_)[1] -eq $Id }).Count -eq 1 }
}

Describe 'A stranger' -Tag Root -Skip:$noRoot {
    BeforeEach {
        # It lives, has made a segment that nobody has attached, and given it to the stranger.
        $creator = Start-Peer
        $id = [int] (Send-Peer $creator 'shmget 0 4096')
        Set-ShmSegment -Id $id -Owner 65534
        $null = New-ShmSegment -Name "/$prefix" -Size 4096
        Set-ShmSegment -Name "/$prefix" -Owner 65534
        $null = Send-Peer $creator "open /$prefix"
    }

    AfterEach {
        if (Test-Id $id) { ipcrm -m $id }
        $null = Stop-Peer $creator
        Remove-Item "/dev/shm/$prefix*" -ErrorAction Ignore
    }

    It 'who may not look into a living creator does not call its segment an orphan (hidepid=<HidePid>, root of its own: <Root>)' -ForEach @(
        @{ HidePid = 0; Root = $false }, @{ HidePid = 1; Root = $false }, @{ HidePid = 2; Root = $false },
        @{ HidePid = 2; Root = $true }
    ) {
        $said = Invoke-Stranger -HidePid $HidePid -Root:$Root @"
            `$orphans = @(Find-ShmOrphan -OlderThan 0s -WarningAction SilentlyContinue | Where-Object { `$_.Id -eq $id -or `$_.Name -ceq '/$prefix' })
            `$orphans | Remove-ShmSegment -ErrorAction Ignore
            `$stat = Get-ShmStat -Id $id
            [Console]::WriteLine("`$(`$orphans.Count) `$(`$stat.Verdict) [`$(`$stat.IsCreatorAlive)]")
            `$stat = Get-ShmStat -Name '/$prefix'
            [Console]::WriteLine("`$(`$stat.Verdict) [`$(`$stat.HolderCount)]")
"@
        $said[0] | Should -BeExactly "0 Unattached [$(if ($HidePid -eq 0) { 'True' })]"
        # The kernel's word, by a lease; how many hold it cannot be told.
        $said[1] | Should -BeExactly 'InUse []'
        Test-Id $id | Should -BeTrue
        Test-Path "/dev/shm/$prefix" | Should -BeTrue
    }

    It 'is told that processes are hidden, and which may not be looked into (root of its own: <_>)' -ForEach $false,
        $true {
        $said = Invoke-Stranger -HidePid 2 -Root:$_ @"
            [Console]::WriteLine((Test-ShmHost -Name ProcessVisibility).Result)
            `$null = Get-ShmAttachment -WarningVariable warnings -WarningAction SilentlyContinue
            [Console]::WriteLine(@(`$warnings).Count)
            Get-ShmAttachment -ProcessId $($creator.Id) -ErrorAction SilentlyContinue -ErrorVariable problems
            Get-ShmAddressSpace -ProcessId $($creator.Id) -ErrorAction SilentlyContinue -ErrorVariable +problems
            Get-ShmAddressSpace -ProcessId 2147483647 -ErrorAction SilentlyContinue -ErrorVariable +problems
            `$problems | ForEach-Object { [Console]::WriteLine(`$_.FullyQualifiedErrorId) }
"@
        $said[0] | Should -BeExactly 'Warning'
        $said[1] | Should -BeExactly '1'
        $said[2] | Should -BeExactly 'AccessDenied,PSSharedMemory.Commands.GetShmAttachmentCommand'
        $said[3] | Should -BeExactly 'AccessDenied,PSSharedMemory.Commands.GetShmAddressSpaceCommand'
        $said[4] | Should -BeExactly 'NoProcessFoundForGivenId,PSSharedMemory.Commands.GetShmAddressSpaceCommand'
    }
}

Describe 'A process namespace of its own' -Tag Root -Skip:$noRoot {
    It 'does not call a segment an orphan whose creator lives outside' {
        $creator = Start-Peer
        $id = [int] (Send-Peer $creator 'shmget 0 4096')
        try {
            $said = @(Invoke-ChildHost -Through unshare, --pid, --fork, --mount-proc @"
                `$stat = Get-ShmStat -Id $id
                [Console]::WriteLine("`$(`$stat.Verdict) [`$(`$stat.CreatorProcessId)] [`$(`$stat.IsCreatorAlive)]")
                [Console]::WriteLine(@(Find-ShmOrphan -OlderThan 0s -WarningVariable warned -WarningAction SilentlyContinue |
                    Where-Object Id -EQ $id).Count)
                [Console]::WriteLine(@(`$warned).Count)
"@)
            $said[0] | Should -BeExactly 'Unattached [] []'
            $said[1] | Should -BeExactly '0'
            $said[2] | Should -BeExactly '1'
        }
        finally { ipcrm -m $id; $null = Stop-Peer $creator }
    }
}

Describe 'What no process shows' {
    AfterEach { Remove-Item "/dev/shm/$prefix*" -ErrorAction Ignore }

    It 'is told that /proc is missing, and never that nobody holds anything' {
        $said = Invoke-ChildHost -Through 'unshare', '-m', '--propagation', 'private' -Script {
            $segment = New-ShmSegment "/pst-noproc-$PID" -Size 4096
            $commands = { Get-ShmStat }, { Find-ShmOrphan -OlderThan '0s' }, { Get-ShmAttachment },
                { Get-ShmAttachment -ProcessId $PID },
                { Set-ShmSegment $segment -Mode 0640 }, { Mount-ShmSegment -ProcessId $PID -Descriptor 0 }
            # Once while /proc is there: what PowerShell itself reads of it is read.
            $null = $commands | ForEach-Object { & $_ *>&1 }
            umount -l /proc
            foreach ($command in $commands) {
                $got, $failed = (& $command *>&1).Where({ $_ -isnot [Management.Automation.ErrorRecord] }, 'Split')
                "$($got.Count) $($failed.FullyQualifiedErrorId -replace ',.*' | Sort-Object -Unique)"
            }
            Remove-ShmSegment $segment.Name
        }.ToString()
        $said | Should -BeExactly (@('0 PlatformNotSupported') * 6)
    }

    It 'is in use all the same: a descriptor that is under way in a socket' -Skip:$noPython {
        $code =
            "import os, socket, sys; f = os.open('/dev/shm/$prefix', os.O_CREAT | os.O_RDWR, 0o600); a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [f]); os.close(f); print(flush=True); sys.stdin.read()"
        $sender = Start-Program python3 '-c', $code
        try {
            $null = $sender.StandardOutput.ReadLine()
            [IO.Directory]::GetFileSystemEntries("/proc/$($sender.Id)/fd") |
                ForEach-Object { [IO.File]::ResolveLinkTarget($_, $false).FullName } |
                Should -Not -Contain "/dev/shm/$prefix"
            $stat = Get-ShmStat -Name "/$prefix"
            $stat.Verdict | Should -Be 'InUse'
            $stat.HolderCount | Should -BeNullOrEmpty
            @(Find-ShmOrphan -OlderThan 0s -Kind Posix | Where-Object Name -CEQ "/$prefix") | Should -BeNullOrEmpty
            { Remove-ShmSegment -Name "/$prefix" -IfUnused -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentInUse,*'
            Test-Path "/dev/shm/$prefix" | Should -BeTrue
        }
        finally { $sender.StandardInput.Close(); $sender.WaitForExit() }
        (Get-ShmStat -Name "/$prefix").Verdict | Should -Be 'Unattached'
    }

    It 'is in use all the same: an object that passes from process to process while all are read' {
        # A chain: each process opens the object, starts the next, which inherits it, and ends.
        Set-Content "/dev/shm/$prefix" 'x' -NoNewline
        $code =
            '$| = 1; open(my $f, "+<", $ARGV[0]) or die; print "\n"; vec(my $r, 0, 1) = 1; until (select(my $s = $r, undef, undef, 0)) { my $p = fork // next; $p and exit }'
        $chain = Start-Program perl '-e', $code, "/dev/shm/$prefix"
        try {
            $null = $chain.StandardOutput.ReadLine()
            foreach ($look in 1..5) {
                (Get-ShmStat -Name "/$prefix").Verdict | Should -Be 'InUse'
                @(Find-ShmOrphan -OlderThan 0s -Kind Posix | Where-Object Name -CEQ "/$prefix") | Should -BeNullOrEmpty
                { Remove-ShmSegment -Name "/$prefix" -IfUnused -ErrorAction Stop } |
                    Should -Throw -ErrorId 'SegmentInUse,*'
            }
        }
        finally { $chain.StandardInput.Close(); $null = $chain.StandardOutput.ReadToEnd() }
        Test-Path "/dev/shm/$prefix" | Should -BeTrue
    }
}
