# Whoever may make an object may name it: what acts on a terminal must not reach it, whatever is shown of the object.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    # Everything that acts on a terminal or changes how a line reads; tabs and line feeds only within messages.
    $acting = '[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]'
    $evil = @(
        "/pst-evil-$PID-a`e]0;PWNED`a"
        "/pst-evil-$PID-b`r`nWARNING: fake line"
        "/pst-evil-$PID-c$([char]0x202e)txt.exe"
        "/pst-evil-$PID-d$([char]0x85)next"
        "/pst-evil-$PID-e$([char]0x9b)31m"
    )
    foreach ($name in $evil) { [IO.File]::WriteAllBytes("/dev/shm$name", [byte[]]::new(4096)) }
    # Bytes that are not UTF-8, which no .NET string can name.
    perl -e 'open(my $f, ">", "/dev/shm/pst-evil-$ARGV[0]-f\xff\xfe\x1b[2J"); print $f "x" x 4096' $PID
    function Test-Harmless([object] $Text, [string] $Of) {
        foreach ($line in @($Text)) { "$line" -split "`n" | Should -Not -Match $acting -Because $Of }
    }
}

AfterAll {
    Get-ShmMapping | ForEach-Object { $_.Dispose() }
    perl -e 'unlink glob("/dev/shm/pst-evil-$ARGV[0]-*")' $PID
}

Describe 'A hostile name' {
    BeforeAll {
        $segments = @(Get-ShmSegment "/pst-evil-$PID-*")
        $mappings = @($segments | Mount-ShmSegment)
        $objects = @{
            Segment = $segments
            Stat = @($segments | Get-ShmStat)
            Attachment = @($segments | Get-ShmAttachment)
            Mapping = $mappings
            Region = @(Get-ShmAddressSpace | Where-Object { $_.Name -match 'pst-evil' })
            Map = @($mappings | Show-ShmMap)
        }
    }

    It 'is listed for all six objects' {
        $segments.Count | Should -Be 6
    }

    It 'acts on no terminal in the views of a <_>' -ForEach 'Segment',
        'Stat', 'Attachment', 'Mapping', 'Region', 'Map' {
        $objects[$_].Count | Should -BeGreaterOrEqual 6
        $style = $PSStyle.OutputRendering
        $PSStyle.OutputRendering = 'PlainText'
        try {
            Test-Harmless ($objects[$_] | Out-String -Width 79 -Stream) "table at 80"
            Test-Harmless ($objects[$_] | Out-String -Width 200 -Stream) "table at 200"
            if ($_ -in 'Segment', 'Stat', 'Attachment', 'Mapping') {
                Test-Harmless ($objects[$_] | Format-List | Out-String -Width 200 -Stream) 'list'
            }
        }
        finally { $PSStyle.OutputRendering = $style }
    }

    It 'acts on no terminal in the text of a <_>' -ForEach 'Segment', 'Stat', 'Attachment', 'Mapping', 'Region' {
        foreach ($item in $objects[$_]) {
            Test-Harmless "$item" 'ToString'
            if ($item.psobject.Properties['Label'] -and $_ -ne 'Attachment') { Test-Harmless $item.Label 'Label' }
            if ($_ -eq 'Stat') { Test-Harmless $item.Holders 'Holders'; Test-Harmless $item.Evidence 'Evidence' }
        }
    }

    It 'acts on no terminal in errors, -WhatIf and -Verbose' {
        foreach ($segment in $segments) {
            $said = @(
                $segment | Read-ShmData -Offset 1TB -ErrorVariable failed -ErrorAction SilentlyContinue
                $segment | Mount-ShmSegment -Offset 1 -ErrorVariable +failed -ErrorAction SilentlyContinue
                $failed | ForEach-Object { "$_"; $_.Exception.Message }
                $segment | Set-ShmSegment -Mode 0600 -Verbose 4>&1 | ForEach-Object { "$_" }
            )
            $said.Count | Should -BeGreaterThan 1
            Test-Harmless $said 'a message'
        }
        $path = "$TestDrive/whatif.txt"
        $null = Start-Transcript $path
        try {
            $segments | Remove-ShmSegment -WhatIf
            $segments | Export-ShmSegment -Path $TestDrive -WhatIf -ErrorAction SilentlyContinue
        } finally { $null = Stop-Transcript }
        $lines = @(Get-Content $path | Where-Object { $_ -match 'pst-evil' })
        $lines.Count | Should -BeGreaterOrEqual 6
        Test-Harmless $lines '-WhatIf'
    }

    It 'acts on no terminal in the view of its snapshot' {
        $snapshots = @($segments | Export-ShmSegment -Path $TestDrive -PassThru -Force)
        $snapshots.Count | Should -Be 6
        $PSStyle.OutputRendering, $style = 'PlainText', $PSStyle.OutputRendering
        try { Test-Harmless ($snapshots | Out-String -Width 300 -Stream) 'the view of a snapshot' } finally {
            $PSStyle.OutputRendering = $style
            # Pester 5 clears TestDrive with -Path, for which such a name is a bad wildcard; .NET finds no name of wrong
            # UTF-8.
            find $TestDrive -name 'pst-evil*' -delete
        }
    }

    It 'acts on nothing in a picture' {
        $file = "$TestDrive/map.svg"
        $mappings[0] | Show-ShmMap -OutFile $file
        Get-Content $file -Raw | Should -Not -Match '[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]'
    }

    It 'fakes no line of an error' {
        $fake = $segments | Where-Object Name -Match 'fake line'
        { $fake | Mount-ShmSegment -Offset 1 -ErrorAction Stop } | Should -Throw -PassThru |
            ForEach-Object { $_.Exception.Message } |
            Should -Not -Match '(?m)^WARNING'
    }
}

Describe 'A hostile process name' {
    It 'acts on no terminal' {
        $mapping = New-ShmSegment "/pst-evil-$PID-g" -Size 4KB -Mount
        # prctl(PR_SET_NAME)
        $perl = Start-Program perl '-e',
            'my $n = "a\e[2J\a\xc2\x85\r"; syscall(157, 15, $n, 0, 0, 0); open(my $f, "+<", "/dev/shm$ARGV[0]"); $| = 1; print "\n"; <STDIN>',
            $mapping.Segment.Name
        try {
            $null = $perl.StandardOutput.ReadLine()
            $found = @(Get-ShmAttachment $mapping.Segment.Name | Where-Object ProcessId -EQ $perl.Id)
            $found.Count | Should -Be 1
            $stat = Get-ShmStat $mapping.Segment.Name
            $stat.Holders | Should -Match "a.*\($($perl.Id)\)"
            $style = $PSStyle.OutputRendering
            $PSStyle.OutputRendering = 'PlainText'
            try {
                $shown = @($found, $stat |
                    ForEach-Object { $_ | Format-List | Out-String -Stream; $_ | Format-Table | Out-String -Stream })
            } finally {
                $PSStyle.OutputRendering = $style
            }
            Test-Harmless ($shown + "$found" + $stat.Holders) 'process name'
        }
        finally { $perl.StandardInput.Close(); $perl.WaitForExit(); $mapping | ForEach-Object { $_.Dispose() } }
    }
}

Describe 'Hostile names beside objects' -Tag Root -Skip:([Environment]::UserName -ne 'root') {
    BeforeAll {
        . "$PSScriptRoot/ChildHost.ps1"
        $said = Invoke-ChildHost -Through 'unshare', '-i', '-m', '--propagation', 'private' -Script {
            $PSStyle.OutputRendering = 'PlainText'
            & mount -t tmpfs shm /dev/shm
            # A mount point, a directory, a socket, and a process that makes and removes segments.
            $evil = "`e]0;PWNED`a$([char] 0x202e)x$([char] 0x9b)31m"
            $null = New-Item -ItemType Directory "/dev/shm/dir$evil", "/dev/shm/dir$evil/mount$evil"
            & mount -t tmpfs evil "/dev/shm/dir$evil/mount$evil"
            [IO.File]::WriteAllBytes("/dev/shm/dir$evil/mount$evil/x", [byte[]]::new(8MB))
            & ln -s nowhere "/dev/shm/link$evil"
            $module = (Get-Module PSSharedMemory).Path
            $watch = Start-ThreadJob {
                Import-Module $using:module
                Watch-ShmEvent -IntervalSec 0.05 -Verbose 4>&1
            }
            $clock = [Diagnostics.Stopwatch]::StartNew()
            function Wait-Until([scriptblock] $Condition) {
                while (-not (& $Condition) -and $clock.Elapsed.TotalSeconds -lt 40) { Start-Sleep -Milliseconds 20 }
            }
            Wait-Until { $watch.Verbose.Count + $watch.Output.Count -ge 2 }
            & perl -e '
                my $n = "a\e[2J\a\x{c2}\x{9b}\r"; syscall(157, 15, $n, 0, 0, 0);
                my $i = shmget(0, 4096, 01600); shmctl($i, 0, 0); open(my $f, ">", "/dev/shm/made\e[2J"); close $f;'
            Wait-Until { @($watch.Output | Where-Object Label).Count -ge 3 }
            $events = @($watch.Output | Where-Object Label)
            $watch | Stop-Job
            @(
                "events $($events.Count)"
                "by $(@($events | Where-Object Command -Match '^a').Count -gt 0)"
                $events | ForEach-Object { "$_" }
                $events | Out-String -Width 200
                $events | Format-List Label, Kind | Out-String
                Get-ShmLimit | Format-Table Name, Use, Description | Out-String -Width 2000
                Get-ShmLimit | ConvertTo-ShmMetric
                Test-ShmHost ShmContents | Format-List | Out-String
            ) | ForEach-Object { [Console]::Out.WriteLine($_) }
        }
    }

    It 'act on no terminal in limits, checks, metrics and events' {
        $said[0] | Should -Match 'events [3-9]'
        $said[1] | Should -Be 'by True'
        @($said -match 'PWNED').Count | Should -BeGreaterThan 2
        Test-Harmless $said 'what was said'
    }
}
