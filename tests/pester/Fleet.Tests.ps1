# examples/fleet.ps1 against an sshd of its own on the loopback addresses: one that answers, one that refuses, one that
# never says a word, a wrong key. The witness is /dev/shm, which all of them share.

BeforeDiscovery {
    $missing = [Environment]::UserName -ne 'root' -or -not (Test-Path /usr/sbin/sshd) -or
        @('ssh', 'ssh-keygen' | Where-Object { -not (Get-Command $_ -CommandType Application -ErrorAction Ignore) })
}

Describe 'fleet' -Tag Server, Root -Skip:$missing {
    BeforeAll {
        . "$PSScriptRoot/Peers.ps1"
        $fleet = Convert-Path "$PSScriptRoot/../../examples/fleet.ps1"
        $module = Convert-Path "$PSScriptRoot/../../out/PSSharedMemory"
        $folder = [IO.Directory]::CreateTempSubdirectory('pst-fleet-').FullName
        'host', 'user', 'wrong' | ForEach-Object { ssh-keygen -q -t ed25519 -N '' -f "$folder/$_" }
        Copy-Item "$folder/user.pub" "$folder/authorized"
        # What a program of this shell needs to start another.
        $kept = 'PATH', 'DOTNET_ROOT', 'HOME', 'PSModulePath' | Where-Object { Test-Path "env:$_" } |
            ForEach-Object { "export $_='$((Get-Item "env:$_").Value)'" }
        Set-Content "$folder/shell" (@('#!/bin/sh') + $kept + "exec $((Get-Command pwsh).Source) -NoProfile -sshs")
        Set-Content "$folder/deaf" "#!/bin/sh`nexit 3"
        chmod 755 $folder/shell $folder/deaf
        # A port that nobody has: the silent host and the one that answers take it on addresses of their own.
        $silent = [Net.Sockets.TcpListener]::new('127.0.0.3', 0)
        $silent.Start()
        $port = $silent.LocalEndpoint.Port
        $servers = foreach ($address in '127.0.0.1', '127.0.0.4') {
            $program = $address -eq '127.0.0.1' ? 'shell' : 'deaf'
            $conf = "$folder/conf-$address"
            Set-Content $conf @"
Port $port
ListenAddress $address
HostKey $folder/host
AuthorizedKeysFile $folder/authorized
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
PidFile none
Subsystem powershell $folder/$program
"@
            $null = New-Item /run/sshd -ItemType Directory -Force
            $start = [Diagnostics.ProcessStartInfo]::new('/usr/sbin/sshd', [string[]] ('-D', '-e', '-f', $conf))
            $start.RedirectStandardError = $true
            $server = [Diagnostics.Process]::Start($start)
            # It says where it listens.
            $null = $server.StandardError.ReadLine()
            $null = $server.StandardError.ReadToEndAsync()
            $server
        }
        $with = @{
            UserName = 'root'; Port = $port; KeyFilePath = "$folder/user"; Module = $module; OlderThan = '0s'
            ConnectTimeoutSec = 60
            Options = @{ StrictHostKeyChecking = 'no'; UserKnownHostsFile = '/dev/null'; IdentitiesOnly = 'yes' }
        }
        $name = "pst-fleet-$PID"
        [IO.File]::WriteAllText("/dev/shm/$name`e[31m", 'x' * 5000)
    }

    AfterAll {
        $servers | ForEach-Object { $_.Kill(); $_.WaitForExit() }
        $silent.Stop()
        [IO.File]::Delete("/dev/shm/$name`e[31m")
        Remove-Item $folder -Recurse -Force
    }

    It 'gives one report: what was found, and why a host could not be asked' {
        $rows = @(& $fleet 127.0.0.1, 127.0.0.2 @with)
        $rows.Host | Should -Be '127.0.0.1', '127.0.0.2'
        $rows.Reachable | Should -Be $true, $false
        $rows[0].Problem | Should -BeNullOrEmpty
        $rows[0].Segments | Should -BeGreaterOrEqual 1
        $rows[0].Orphans | Should -BeGreaterOrEqual 1
        $rows[0].OrphanBytes | Should -BeGreaterOrEqual 8192
        $rows[1].Problem | Should -Match 'refused'
        $rows | Format-Table | Out-String | Should -Not -Match "`e\[31m"
    }

    It 'waits no longer than it was told for a host that says nothing, or has no shell to offer' {
        $short = $with.Clone()
        $short.ConnectTimeoutSec = 2
        $rows = @(& $fleet 127.0.0.3, 127.0.0.4 @short)
        $rows.Reachable | Should -Be $false, $false
        $rows[0].Problem | Should -Match 'timed out'
        $rows[1].Problem | Should -Not -BeNullOrEmpty
    }

    It 'says that a key is wrong, and takes user, host and port in one' {
        $wrong = $with.Clone()
        $wrong.KeyFilePath = "$folder/wrong"
        $row = & $fleet 127.0.0.1 @wrong
        $row.Reachable | Should -BeFalse
        $row.Problem | Should -Match 'denied'
        $whole = $with.Clone()
        'Port', 'UserName' | ForEach-Object { $whole.Remove($_) }
        $row = & $fleet "root@127.0.0.1:$port" @whole
        $row.Problem | Should -BeNullOrEmpty
        $row.Reachable | Should -BeTrue
    }

    It 'gives metrics of all, each with its host, and warns of those that did not answer' {
        $lines = @(& $fleet 127.0.0.1, 127.0.0.2 @with -AsMetric -WarningVariable warned -WarningAction Ignore)
        @($lines -match "^shm_segment_size_bytes\{host=`"127\.0\.0\.1`",.*$name") | Should -HaveCount 1
        @($lines -match '^shm_limit_value\{host="127\.0\.0\.1"') | Should -Not -BeNullOrEmpty
        "$warned" | Should -Match '^127\.0\.0\.2: '
        @($lines -match "`e") | Should -BeNullOrEmpty
        if (Get-Command promtool -ErrorAction Ignore) {
            $lines | promtool check metrics
            $LASTEXITCODE | Should -Be 0
        }
    }
}
