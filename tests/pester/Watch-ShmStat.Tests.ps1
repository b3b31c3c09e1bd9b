# The live view in a real terminal (tmux), and as objects where there is none.

BeforeDiscovery {
    $hasTmux = [bool] $env:PATH.Split(':').Where{ Test-Path "$_/tmux" }
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $name = "pst-live-$PID"
    $socket = "pst-live-$PID"
    $module = [IO.Path]::GetFullPath("$PSScriptRoot/../../out/PSSharedMemory")
    $pwsh = [Environment]::ProcessPath

    # A terminal of so many columns in which the command runs, with words before and after it.
    function Start-Terminal([int] $Columns, [string] $Command) {
        $script = "$folder/live.ps1"
        [IO.File]::WriteAllText($script, "Import-Module '$module'`n'before'`n$Command`n'after'`n")
        $shell =
            "trap : INT; stty -a > '$folder/stty.before'; '$pwsh' -NoProfile -File '$script'; stty -a > '$folder/stty.after'; echo ended; cat"
        # A run in the background may have been told to ignore Ctrl+C, and its children with it.
        $default = '$SIG{INT} = "DEFAULT"; exec @ARGV'
        perl -e $default tmux -u -L $socket -f /dev/null new-session -d -x $Columns -y 20 "sh -c `"$shell`""
    }
    function Get-Screen { @(tmux -L $socket capture-pane -p) }
    function Send-Key { tmux -L $socket send-keys @args }
    function Wait-Screen([string] $Pattern) {
        try { Wait-Condition { (Get-Screen) -join "`n" -match $Pattern } -TimeoutSec 30 }
        catch { throw "$Pattern is not on the screen:`n$((Get-Screen) -join "`n")" }
    }
}

Describe 'Watch-ShmStat in a terminal' -Skip:(-not $hasTmux) {
    BeforeEach {
        $folder = [IO.Directory]::CreateTempSubdirectory('pst-live-').FullName
        $mapping = New-ShmSegment "$name-held" -Size 64KB -Mount
        [IO.File]::WriteAllText("/dev/shm/$name-left", 'left over')
        [IO.File]::WriteAllText("/dev/shm/$name-`e[31mred`n", 'x')
    }
    AfterEach {
        tmux -L $socket kill-server 2>&1 | ForEach-Object { }
        $mapping.Dispose()
        Get-ShmSegment -Kind Posix | Where-Object Name -CLike "/$name*" | Remove-ShmSegment
        Remove-Item $folder -Recurse
    }

    It 'shows segments at 80, 100 and 120 columns, takes keys, and leaves the terminal as it was' {
        Start-Terminal 80 "Watch-ShmStat '$name*' -IntervalSec 0.2 -OlderThan 0s"
        foreach ($columns in 80, 100, 120) {
            tmux -L $socket resize-window -x $columns -y 20
            Wait-Condition { @(Get-Screen)[0].Length -eq $columns - 1 -and (Get-Screen) -match 'InUse' } -TimeoutSec 30
            $screen = Get-Screen
            $screen[0] | Should -Match '^3 segments, .* used, 2 orphans\s+\d\d:\d\d:\d\d every 0\.2 s$'
            $screen[1] | Should -Match '^ Label\s+Size\s+Used\*\s+Growth\s+Age Verdict\s+Holders\s+Origin'
            ($screen -match 'InUse') | Should -Match '64 KB\s+64 KB.*\d'
            @($screen -match 'Orphan' -notmatch 'orphans').Count | Should -Be 2
            # Nothing is wider than the window: no line goes on in the next.
            @($screen | Where-Object { $_ }).Count | Should -Be 6
            ($screen -join '').Contains("`e") | Should -BeFalse
        }
        Send-Key o
        Wait-Screen 'orphans\)'
        (Get-Screen) -join "`n" | Should -Not -Match 'InUse'
        Send-Key o / l e f t Enter
        Wait-Screen "'left'"
        @((Get-Screen) -match 'Orphan' -notmatch 'orphans').Count | Should -Be 1
        Send-Key h
        Wait-Screen '00000000: 6c 65 66 74 20 6f 76 65 72\s+left over'
        Send-Key Escape
        Wait-Screen 'q quit'
        Send-Key s
        Wait-Screen 'Growth\*'
        # Growth is seen while it happens.
        $bytes = [byte[]]::new(1MB)
        Wait-Condition {
            $stream = [IO.File]::Open("/dev/shm/$name-left", 'Append')
            $stream.Write($bytes)
            $stream.Dispose()
            [Threading.Thread]::Sleep(100)
            (Get-Screen) -join "`n" -match '\+[\d.]+ MB/s'
        } -TimeoutSec 20
        # What lies behind the view is tmux's own affair, which breaks long lines of the view into it at another width.
        tmux -L $socket resize-window -x 80 -y 20
        Wait-Condition { @(Get-Screen)[0].Length -eq 79 } -TimeoutSec 30
        Send-Key q
        Wait-Screen 'after\s+ended'
        # What was there before the view is there again, and nothing of the view.
        (Get-Screen | Where-Object { $_ }) | Should -Be 'before', 'after', 'ended'
        [IO.File]::ReadAllText("$folder/stty.after") | Should -BeExactly ([IO.File]::ReadAllText("$folder/stty.before"))
    }

    It 'leaves the terminal as it was after <Way>' -ForEach @{ Way = 'Ctrl+C' }, @{ Way = 'an error' } {
        $command = "Watch-ShmStat '$name*' -IntervalSec 0.2"
        if ($Way -eq 'an error') { $command = "try { $command -Count 3 -ErrorAction Stop; throw 'wrong' } catch { }" }
        Start-Terminal 80 $command
        if ($Way -eq 'Ctrl+C') {
            Wait-Screen 'InUse'
            Send-Key C-c
        }
        Wait-Screen 'ended'
        @(Get-Screen | Where-Object { $_ })[0] | Should -Be 'before'
        (Get-Screen) -join "`n" | Should -Not -Match 'InUse|Label'
        [IO.File]::ReadAllText("$folder/stty.after") | Should -BeExactly ([IO.File]::ReadAllText("$folder/stty.before"))
        # The cursor is shown again, and the screen is the usual one.
        tmux -L $socket display-message -p '#{cursor_flag} #{alternate_on} #{wrap_flag}' | Should -Be '1 0 1'
    }
}

Describe 'Watch-ShmStat in a shell in a terminal' -Skip:(-not $hasTmux) {
    BeforeEach {
        $folder = [IO.Directory]::CreateTempSubdirectory('pst-live-').FullName
        $null = New-Item "/dev/shm/$name" -Value x
        # A shell with jobs, whose prompt says that it has the terminal.
        $default = '$SIG{$_} = "DEFAULT" for "INT", "TSTP"; exec @ARGV'
        perl -e $default tmux -u -L $socket -f /dev/null new-session -d -x 80 -y 20 "PS1='ready> ' bash --norc -i"
        Wait-Screen 'ready>\s*$'
        function Start-Script([string] $Command) {
            [IO.File]::WriteAllText("$folder/live.ps1", "Import-Module '$module'`n$Command`n'after'`n")
            Send-Key "'$pwsh' -NoProfile -File '$folder/live.ps1'" Enter
        }
        function Get-State { tmux -L $socket display-message -p '#{cursor_flag} #{alternate_on} #{wrap_flag}' }
    }
    AfterEach {
        tmux -L $socket kill-server 2>&1 | ForEach-Object { }
        Get-ShmSegment "$name*" | Remove-ShmSegment
        [IO.Directory]::Delete($folder, $true)
    }

    It 'gives the terminal back while Ctrl+Z has stopped it, and takes it again after fg' {
        Send-Key "stty -a > '$folder/before'" Enter
        Start-Script "Watch-ShmStat '$name*' -IntervalSec 0.2"
        Wait-Screen "/$name"
        Send-Key C-z
        Wait-Screen '(?s)Stopped.*ready>\s*$'
        Get-Screen | Should -Not -Match 'Verdict'
        Get-State | Should -Be '1 0 1'
        Send-Key "stty -a > '$folder/stopped'; echo done" Enter
        Wait-Screen '(?m)^done'
        Get-Content "$folder/stopped" -Raw | Should -BeExactly (Get-Content "$folder/before" -Raw)
        Send-Key fg Enter
        Wait-Screen 'Verdict'
        Get-State | Should -Be '0 1 0'
        # Keys are heard again, one by one.
        Send-Key s
        Wait-Screen 'Growth\*'
        Send-Key q
        Wait-Screen '\nafter\s+ready>\s*$'
        Get-State | Should -Be '1 0 1'
        Send-Key "stty -a > '$folder/after'; echo over" Enter
        Wait-Screen '(?m)^over'
        Get-Content "$folder/after" -Raw | Should -BeExactly (Get-Content "$folder/before" -Raw)
    }

    It 'ends with its terminal' {
        Start-Script "[IO.File]::WriteAllText('$folder/pid', `$PID)`nWatch-ShmStat '$name*' -IntervalSec 0.2"
        Wait-Screen "/$name"
        $id = [int] (Get-Content "$folder/pid" -Raw)
        tmux -L $socket kill-session
        Wait-Condition { -not (Get-Process -Id $id -ErrorAction Ignore) } -TimeoutSec 30
    }

    It 'ends as soon as Ctrl+C is pressed, whatever the interval' {
        # Whoever presses it is not this process, but both read one clock.
        Start-Script @"
try { Watch-ShmStat '$name*' -IntervalSec 60 }
finally { [IO.File]::WriteAllText('$folder/ended', [Diagnostics.Stopwatch]::GetTimestamp()) }
"@
        Wait-Screen "/$name"
        $pressed = [Diagnostics.Stopwatch]::GetTimestamp()
        Send-Key C-c
        Wait-Condition { (Get-Item "$folder/ended" -ErrorAction Ignore).Length -gt 0 } -TimeoutSec 30
        $took = [Diagnostics.Stopwatch]::GetElapsedTime($pressed, [long] (Get-Content "$folder/ended" -Raw))
        Wait-Screen 'ready>\s*$'
        Get-State | Should -Be '1 0 1'
        # 100 ms is the promise; here tmux has to be started for the key, and the machine may be busy.
        $took.TotalSeconds | Should -BeLessThan 10
    }

    It 'takes no terminal from within a job' {
        Start-Script @"
`$job = Start-ThreadJob { Import-Module '$module'; Watch-ShmStat '$name' -IntervalSec 0.1 }
while (`$job.Output.Count -lt 2) { Start-Sleep -Milliseconds 50 }
`$job | Stop-Job
"rows `$(`$job.Output[0].Label), `$(`$job.State)"
"@
        Wait-Screen '\nafter\s+ready>\s*$'
        Get-Screen | Should -Contain "rows /$name, Stopped"
        Get-State | Should -Be '1 0 1'
    }
}

Describe 'Watch-ShmStat without a terminal' {
    AfterEach { Get-ShmSegment "$name*" | Remove-ShmSegment }

    It 'gives samples, with the growth between them' {
        $null = New-Item "/dev/shm/$name" -Value x
        $samples = @(Watch-ShmStat $name -IntervalSec 0.1 -Count 2 -PassThru)
        $samples | Should -HaveCount 2
        $samples[0].Growth | Should -BeNullOrEmpty
        $samples[1].Growth | Should -Be 0
        $samples[0].Label, $samples[0].Size, $samples[0].Verdict, $samples[0].HolderCount |
            Should -Be "/$name", 1, 'Unattached', 0
        # The next command makes it larger between two samples.
        $grown = @(Watch-ShmStat $name -IntervalSec 0.1 -Count 2 | ForEach-Object {
                $_
                [IO.File]::WriteAllBytes("/dev/shm/$name", [byte[]]::new(1MB))
            })
        $grown[1].Growth | Should -BeGreaterThan 0
        $grown[1].Allocated | Should -Be 1MB
    }

    It 'writes no escape sequence where output is redirected' {
        $null = New-Item "/dev/shm/$name" -Value x
        $text =
            & ([Environment]::ProcessPath) -NoProfile -Command "`$PSStyle.OutputRendering = 'PlainText'; Import-Module '$module'; Watch-ShmStat $name -Count 1 | ForEach-Object Label; Watch-ShmStat $name -Count 1"
        "$text" | Should -Match "/$name"
        "$text".Contains("`e") | Should -BeFalse
    }

    It 'goes by kind, and ends at once when it is stopped' {
        @(Watch-ShmStat -Kind MemFd -Count 1 -PassThru | Where-Object { $_.Stat.Kind -ne 'MemFd' }) |
            Should -BeNullOrEmpty
        { Watch-ShmStat 'x[' -Count 1 -PassThru -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidName,*'
        Measure-Stop {
            $shell = [powershell]::Create([initialsessionstate]::CreateDefault2()).AddScript(
                "Import-Module '$module'; Watch-ShmStat -PassThru -IntervalSec 3600")
            $run = $shell.BeginInvoke()
            Wait-Condition { $shell.InvocationStateInfo.State -eq 'Running' }
            $shell
        } | Should -BeLessThan 3000
    }
}

Describe 'Watch-ShmStat of other namespaces' -Tag Root -Skip:([Environment]::UserName -ne 'root') {
    BeforeAll {
        . "$PSScriptRoot/Spaces.ps1"
        $space = Start-Space
        $null = Send-Peer $space "create /$name 8192"
        $id = [int] (Send-Peer $space 'shmget 0 4096')
    }
    AfterAll { $null = Stop-Peer $space -Kill }

    It 'shows what is there, and says where' {
        $rows = @(Watch-ShmStat -Namespace $space.Id -Count 1 -PassThru)
        # Labels are no patterns: there are brackets in them.
        $rows.Label | Sort-Object | ForEach-Object { ($_ -split ' in ')[0] } | Should -Be "/$name", "id $id"
        $rows.Label -match ' in (shm|ipc):' | Should -HaveCount 2
        ($rows | Where-Object { $_.Stat.Kind -eq 'SysV' }).Stat.Namespace | Should -Be (Get-IpcName $space.Id)
        # Piped, and everywhere.
        @(Get-ShmNamespace $space.Id | Watch-ShmStat -Count 1 -PassThru).Label | Sort-Object |
            Should -Be ($rows.Label | Sort-Object)
        (Watch-ShmStat $name -Namespace * -Count 1 -PassThru).Stat.Namespace | Should -BeLike 'shm:*'
        Watch-ShmStat $name -Count 1 -PassThru | Should -BeNullOrEmpty
    }

    It 'follows what begins and ends there' {
        $other = Start-Space
        $null = Send-Peer $other "create /$name-2 8192"
        $labels = Watch-ShmStat "$name*" -Namespace * -IntervalSec 0.1 -Count 8 -PassThru | ForEach-Object {
            $_.Stat.Name
            if ($other -and $_.Stat.Name -eq "/$name-2") { $null = Stop-Peer $other -Kill; $other = $null }
        }
        @($labels -eq "/$name-2").Count | Should -BeLessThan 8
        @($labels -eq "/$name").Count | Should -Be 8
    }

    It 'says that a namespace has ended' {
        $other = Start-Space
        $null = Send-Peer $other "create /$name-2 8192"
        $run = { Watch-ShmStat -Namespace $other.Id -IntervalSec 0.1 -Count 20 -PassThru -ErrorAction Stop |
                ForEach-Object { if (-not $ended) { $null = Stop-Peer $other -Kill; $ended = $true } } }
        $run | Should -Throw -ErrorId 'SegmentNotFound,*'
        { Watch-ShmStat -Namespace nowhere -Count 1 -PassThru -ErrorAction Stop } | Should -Throw
    }
}
