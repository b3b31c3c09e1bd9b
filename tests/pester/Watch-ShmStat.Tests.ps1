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
        $shell = [powershell]::Create([initialsessionstate]::CreateDefault2()).AddScript(
            "Import-Module '$module'; Watch-ShmStat -PassThru -IntervalSec 3600")
        $run = $shell.BeginInvoke()
        Wait-Condition { $shell.InvocationStateInfo.State -eq 'Running' }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        $clock.ElapsedMilliseconds | Should -BeLessThan 3000
        $shell.Dispose()
    }
}
