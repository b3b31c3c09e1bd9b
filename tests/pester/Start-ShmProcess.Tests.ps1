BeforeDiscovery {
    $folder = Convert-Path "$PSScriptRoot/../../out/PSSharedMemory"
    Import-Module $folder -Force
    . $PSScriptRoot/Peers.ps1
}

BeforeAll {
    $folder = Convert-Path "$PSScriptRoot/../../out/PSSharedMemory"
    Import-Module $folder -Force
    . $PSScriptRoot/Peers.ps1
    $peer = Convert-Path "$PSScriptRoot/../native/shmpeer.pl"
    $name = '/pst-spawn-' + [guid]::NewGuid().ToString('N')
    $posix = New-ShmSegment $name -Size 8192 -Mode 0600
    $sysv = New-ShmSegment -Private -Size 8192
    $memfd = New-ShmSegment -Anonymous -Label pst-spawn -Size 8192

    # The peer's answers to some lines, as a started program.
    function Invoke-Peer([object] $InputObject, [string[]] $Line, [hashtable] $How) {
        $out = [IO.Path]::Combine($TestDrive, [guid]::NewGuid().ToString('N'))
        $script = 'printf "%s\n" "$@" | perl "$0" > "' + $out + '"'
        if ($How.Descriptor -gt 9) { throw 'The shell knows one digit.' }
        $InputObject | Start-ShmProcess sh (@('-c', $script, $peer) + $Line) @How -Wait
        Get-Content $out
    }
}

AfterAll {
    $posix, $sysv | Remove-ShmSegment -ErrorAction SilentlyContinue
    $memfd = $null
}

Describe 'Start-ShmProcess' {
    It 'hands down a POSIX object at a descriptor number' {
        $mapping = $posix | Mount-ShmSegment
        $mapping.Writer.WriteInt32(4100, -7)
        $answers = Invoke-Peer $posix 'link 7', 'map 7', 'peek 0 4100', 'poke 0 0 42' @{ Descriptor = 7 }
        $answers[0] | Should -BeExactly "ok /dev/shm$name"
        $answers[1] | Should -Match ' 8192$'
        $answers[2] | Should -BeExactly 'ok -7'
        $mapping.Reader.ReadInt32(0) | Should -Be 42
        $mapping | Dismount-ShmSegment
    }

    It 'hands down a memfd, which has no other way' {
        $answers = Invoke-Peer $memfd 'link 5', 'map 5', 'poke 0 8 99' @{ Descriptor = 5 }
        $answers[0] | Should -BeLike 'ok /memfd:pst-spawn*'
        $mapping = $memfd | Mount-ShmSegment
        $mapping.Reader.ReadInt32(8) | Should -Be 99
        $mapping | Dismount-ShmSegment
    }

    It 'hands down at standard input too' {
        $mapping = $memfd | Mount-ShmSegment
        $mapping.Writer.WriteString(0, 'from memory')
        $out = "$TestDrive/stdin"
        Start-ShmProcess sh '-c', "head -c 11 > '$out'" -Segment $memfd -Descriptor 0 -Wait
        Get-Content $out -Raw | Should -BeExactly 'from memory'
        $mapping | Dismount-ShmSegment
    }

    It 'hands down a mapping whose object has no name any more' {
        $gone = New-ShmSegment "$name-gone" -Size 4096 -Mount
        $gone.Writer.WriteInt32(0, 5)
        $gone.Segment | Remove-ShmSegment
        (Invoke-Peer $gone 'map 4', 'peek 0 0' @{ Descriptor = 4 })[1] | Should -BeExactly 'ok 5'
        { $gone | Start-ShmProcess true -EnvironmentVariable SEG -Wait -ErrorAction Stop } |
            Should -Throw -ErrorId 'SegmentNotFound*'
        $gone | Dismount-ShmSegment
        { $gone | Start-ShmProcess true -Descriptor 4 -Wait -ErrorAction Stop } |
            Should -Throw -ErrorId 'MappingDismounted*'
    }

    It 'tells a <Kind> segment in an environment variable' -ForEach @(
        @{ Kind = 'Posix' }
        @{ Kind = 'SysV' }
    ) {
        $segment, $value,
            $open = if ($Kind -eq 'SysV') { $sysv, $sysv.Id, "shmat $($sysv.Id)" } else { $posix, $name, "open $name" }
        $answers = Invoke-Peer $segment 'env SHM_SEGMENT', $open, 'poke 0 12 31',
            'fds' @{ EnvironmentVariable = 'SHM_SEGMENT' }
        $answers[0] | Should -BeExactly "ok $value"
        $answers[3] | Should -BeExactly 'ok 0 1 2'
        $mapping = $segment | Mount-ShmSegment
        $mapping.Reader.ReadInt32(12) | Should -Be 31
        $mapping | Dismount-ShmSegment
    }

    It 'tells a memfd''s descriptor in an environment variable' {
        $answers = Invoke-Peer $memfd 'env SHM_SEGMENT', 'link 3' @{ EnvironmentVariable = 'SHM_SEGMENT' }
        $answers[0] | Should -BeExactly 'ok 3'
        $answers[1] | Should -BeLike 'ok /memfd:pst-spawn*'
    }

    It 'lets nothing else be inherited' {
        $other = New-ShmSegment -Anonymous -Label pst-spawn-other -Size 4096
        $mapping = $other | Mount-ShmSegment
        # .NET opens this one without close-on-exec: any other child gets it.
        $open = [IO.File]::Open("/dev/shm$name", 'Open', 'Read', 'ReadWrite, Inheritable')
        try {
            (ls -l /proc/self/fd) -join "`n" | Should -Match "/dev/shm$name"
            $out = "$TestDrive/fds"
            Start-ShmProcess sh '-c', "ls -l /proc/self/fd > '$out'" -Segment $memfd -Descriptor 20 -Wait
        }
        finally { $open.Dispose() }
        $links = Get-Content $out -Raw
        $links | Should -Match ' 20 -> /memfd:pst-spawn '
        $links | Should -Not -Match 'pst-spawn-other'
        $links | Should -Not -Match $name
        # 0, 1, 2, 20, and the directory that ls itself reads.
        @([regex]::Matches($links, ' -> ')) | Should -HaveCount 5
        $mapping | Dismount-ShmSegment
    }

    It 'leaves this process'' own descriptor close-on-exec' {
        $null = Invoke-Peer $memfd 'pid' @{ Descriptor = 9 }
        $flags = foreach ($path in [IO.Directory]::GetFileSystemEntries('/proc/self/fd')) {
            if ([IO.FileInfo]::new($path).LinkTarget -like '/memfd:pst-spawn*') {
                $number = (Split-Path $path -Leaf)
                (Get-Content "/proc/self/fdinfo/$number" -Raw) -match '(?m)^flags:\s+(\d+)' |
                    ForEach-Object { $Matches[1] }
            }
        }
        @($flags).Count | Should -BeGreaterThan 0
        # O_CLOEXEC is 02000000.
        $flags | ForEach-Object { [Convert]::ToInt64($_, 8) -band 0x80000 | Should -Be 0x80000 }
    }

    It 'starts it without blocked signals, and SIGPIPE works' {
        $out = "$TestDrive/signals"
        $posix | Start-ShmProcess sh '-c', "grep -E '^Sig(Blk|Ign)' /proc/self/status > '$out'" -Descriptor 3 -Wait
        $masks = Get-Content $out -Raw
        $masks | Should -Match 'SigBlk:\s+0+\b'
        $ignored = [Convert]::ToUInt64([regex]::Match($masks, 'SigIgn:\s+(\w+)').Groups[1].Value, 16)
        $ignored -band (1 -shl 12) | Should -Be 0
    }

    It 'starts it in the current location, with the current variables and PATH' {
        $folder = (New-Item "$TestDrive/with space" -ItemType Directory -Force).FullName
        Set-Content "$folder/pst-tool" "#!/bin/sh`npwd > where`nprintf %s `"`$PST_VARIABLE`" > what`nexit 7`n" -NoNewline
        [IO.File]::SetUnixFileMode("$folder/pst-tool", 'UserRead, UserWrite, UserExecute')
        $path = $env:PATH
        $env:PST_VARIABLE = 'grün'
        $ExecutionContext.SessionState.Path.PushCurrentLocation("pst")
        $null = $ExecutionContext.SessionState.Path.SetLocation([wildcardpattern]::Escape($folder))
        try {
            $posix | Start-ShmProcess ./pst-tool -Descriptor 3 -Wait
            (Get-Content "$folder/where" -Raw).Trim() | Should -BeExactly $folder
            Get-Content "$folder/what" -Raw | Should -BeExactly 'grün'
            $LASTEXITCODE | Should -Be 7
            { $posix | Start-ShmProcess pst-tool -Descriptor 3 -ErrorAction Stop } |
                Should -Throw -ErrorId 'CommandNotFoundException,*'
            $env:PATH = "$path`:$folder"
            ($posix | Start-ShmProcess pst-tool -Descriptor 3 -Wait -PassThru).FilePath |
                Should -BeExactly "$folder/pst-tool"
        }
        finally {
            $null = $ExecutionContext.SessionState.Path.PopLocation("pst")
            $env:PATH = $path
            $env:PST_VARIABLE = $null
        }
    }

    It 'passes arguments as they are' {
        $out = "$TestDrive/arguments"
        $posix | Start-ShmProcess sh '-c', "printf '[%s]' `"`$@`" > '$out'", 'sh', '', 'two words', '*', '"q"',
            '$x' -Descriptor 3 -Wait
        Get-Content $out -Raw | Should -BeExactly '[][two words][*]["q"][$x]'
    }

    It 'gives nothing without -PassThru, and with it the process' {
        $posix | Start-ShmProcess true -Descriptor 3 -Wait | Should -BeNullOrEmpty
        $process = $posix | Start-ShmProcess sleep 1000 -Descriptor 3 -PassThru
        $process | Should -BeOfType PSSharedMemory.ShmProcess
        $process.HasExited | Should -BeFalse
        $process.ExitCode | Should -BeNullOrEmpty
        $process.Segment.Name | Should -BeExactly $name
        Get-Content "/proc/$($process.Id)/cmdline" -Raw | Should -BeExactly "sleep`0$(1000)`0"
        $process.WaitForExit([TimeSpan]::FromMilliseconds(50)) | Should -BeFalse
        $process.Kill()
        $process.WaitForExit() | Should -BeTrue
        $process.ExitCode | Should -Be 137
        $process.Kill()
    }

    It 'reports the exit code' {
        ($posix | Start-ShmProcess sh '-c', 'exit 42' -Descriptor 3 -Wait -PassThru).ExitCode | Should -Be 42
        $LASTEXITCODE | Should -Be 42
        ($posix | Start-ShmProcess sh '-c', 'kill -TERM $$' -Descriptor 3 -Wait -PassThru).ExitCode | Should -Be 143
    }

    It 'leaves no zombie, even of a process that nobody looks at' {
        $ids = foreach ($i in 1..5) { ($posix | Start-ShmProcess true -Descriptor 3 -PassThru).Id }
        foreach ($id in $ids) { Wait-Condition { -not (Test-Path "/proc/$id") } }
    }

    It 'starts one for each segment of the pipeline, and goes on after a bad one' {
        $gone = New-ShmSegment "$name-2" -Size 1
        $gone | Remove-ShmSegment
        $processes = $posix, $gone, $memfd |
            Start-ShmProcess true -Descriptor 3 -Wait -PassThru -ErrorAction SilentlyContinue -ErrorVariable problems
        $processes | Should -HaveCount 2
        $problems | Should -HaveCount 1
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'SegmentNotFound,*'
        $problems[0].TargetObject.Name | Should -BeExactly "$name-2"
    }

    It 'refuses an object that took the name of another' {
        $old = New-ShmSegment "$name-3" -Size 1
        $old | Remove-ShmSegment
        $new = New-ShmSegment "$name-3" -Size 1
        try {
            { $old | Start-ShmProcess true -Descriptor 3 -Wait -ErrorAction Stop } |
                Should -Throw -ErrorId 'IdentityChanged*'
            { $old | Start-ShmProcess true -EnvironmentVariable SEG -Wait -ErrorAction Stop } |
                Should -Throw -ErrorId 'IdentityChanged*'
        }
        finally { $new | Remove-ShmSegment }
    }

    It 'says what is wrong: <Because>' -ForEach @(
        @{ Because = 'no such program'; Program = 'pst-no-such-program'; How = @{ Descriptor = 3 }
            Id = 'CommandNotFoundException'; Category = 'ObjectNotFound' }
        @{ Because = 'no such path'; Program = '/pst/no/such/program'; How = @{ Descriptor = 3 }
            Id = 'CommandNotFoundException'; Category = 'ObjectNotFound' }
        @{ Because = 'not executable'; Program = '/etc/passwd'; How = @{ Descriptor = 3 }; Id = 'AccessDenied'
            Category = 'PermissionDenied' }
        @{ Because = 'a directory'; Program = '/etc'; How = @{ Descriptor = 3 }; Id = 'CommandNotFoundException'
            Category = 'ObjectNotFound' }
        @{ Because = 'a number beyond the limit'; Program = 'true'; How = @{ Descriptor = [int]::MaxValue }
            Id = 'LimitReached'; Category = 'LimitsExceeded' }
        @{ Because = 'a variable with ='; Program = 'true'; How = @{ EnvironmentVariable = 'A=B' }; Id = 'InvalidName'
            Category = 'InvalidArgument' }
        @{ Because = 'an empty variable'; Program = 'true'; How = @{ EnvironmentVariable = '' }; Id = 'InvalidName'
            Category = 'InvalidArgument' }
    ) {
        $problem = $null
        $posix | Start-ShmProcess $Program @How -Wait -ErrorAction SilentlyContinue -ErrorVariable problem
        $problem[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $problem[0].CategoryInfo.Category | Should -Be $Category
    }

    It 'says that a System V segment has no descriptor' {
        { $sysv | Start-ShmProcess true -Descriptor 3 -ErrorAction Stop } | Should -Throw -ErrorId 'NotSupportedByKind*'
    }

    It 'starts nothing with -WhatIf' {
        $posix | Start-ShmProcess touch "$TestDrive/whatif" -Descriptor 3 -Wait -WhatIf
        Test-Path "$TestDrive/whatif" | Should -BeFalse
    }

    It 'ends its wait when the pipeline is stopped, and the program goes on' {
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2())
        try {
            $null = $shell.AddScript({
                    param($module, $segment, $out)
                    Import-Module $module
                    $segment | Start-ShmProcess sh '-c', "echo `$`$ > '$out'; exec sleep 1000" -Descriptor 3 -Wait
                }.ToString()).AddArgument($folder).AddArgument($posix).AddArgument("$TestDrive/id")
            $running = $shell.BeginInvoke()
            Wait-Condition { (Test-Path "$TestDrive/id") -and (Get-Content "$TestDrive/id" -Raw).Trim() }
            $id = [int](Get-Content "$TestDrive/id" -Raw)
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
            Test-Path "/proc/$id" | Should -BeTrue
            kill -KILL $id
            Wait-Condition { -not (Test-Path "/proc/$id") }
        }
        finally { $shell.Dispose() }
    }
}
