# Metrics for node_exporter's collector of text files. promtool is the witness of the format.

BeforeDiscovery {
    $hasPromtool = [bool] $env:PATH.Split(':').Where{ Test-Path "$_/promtool" }
    $hasExporter = [bool] $env:PATH.Split(':').Where{ Test-Path "$_/prometheus-node-exporter" }
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "pst-metric-$PID"
    function Get-Sample($Lines, $Family, $Match) {
        @($Lines | Where-Object { $_.StartsWith("$Family{") -and $_.Contains($Match) })
    }
}

Describe 'ConvertTo-ShmMetric' {
    AfterEach {
        Get-ShmMapping | ForEach-Object Dispose
        Get-ShmSegment | Where-Object { $_.Name -clike "/$name*" -or $_.Key -eq 0x70540001 } | Remove-ShmSegment
    }

    It 'gives what a stat knows, family by family' {
        $mapping = New-ShmSegment $name -Size 64KB -Mount
        $lines = Get-ShmStat $name | ConvertTo-ShmMetric
        $inode = stat -c %i "/dev/shm/$name"
        $labels = "kind=`"Posix`",name=`"/$name`",inode=`"$inode`",owner=`"$([Environment]::UserName)`""
        Get-Sample $lines shm_segment_size_bytes $name | Should -BeExactly "shm_segment_size_bytes{$labels} 65536"
        Get-Sample $lines shm_segment_holders $name | Should -BeExactly "shm_segment_holders{$labels} 1"
        Get-Sample $lines shm_segment_verdict $name |
            Should -BeExactly "shm_segment_verdict{$labels,verdict=`"InUse`"} 1"
        # Nobody judged whether it is an orphan: no sample, never 0.
        Get-Sample $lines shm_segment_orphan '' | Should -BeNullOrEmpty
        # The kernel keeps no count of areas for it.
        $lines -match 'attached_areas' | Should -BeNullOrEmpty
        $lines[-1] | Should -BeExactly '# EOF'
        $mapping.Dispose()
    }

    It 'gives the segments and limits of this host where nothing is given' {
        $null = New-ShmSegment $name -Size 64KB
        $lines = ConvertTo-ShmMetric -Label @{ site = 'north' }
        Get-Sample $lines shm_segment_size_bytes "/$name" |
            Should -Match '^shm_segment_size_bytes\{site="north",.* 65536$'
        Get-Sample $lines shm_segment_verdict "/$name" | Should -Match 'Unattached'
        Get-Sample $lines shm_limit_value SHMMNI | Should -Match ' [0-9]+$'
        $lines[-1] | Should -BeExactly '# EOF'
        @() | ConvertTo-ShmMetric | Should -BeExactly '# EOF'
    }

    It 'gives orphans, limits and holders' {
        $null = New-Item "/dev/shm/$name" -Value x
        $lines = Find-ShmOrphan -OlderThan 0s | ConvertTo-ShmMetric
        (Get-Sample $lines shm_segment_orphan $name) | Should -Match ' 1$'
        $lines = Get-ShmLimit SHMMNI | ConvertTo-ShmMetric
        Get-Sample $lines shm_limit_value SHMMNI |
            Should -BeExactly "shm_limit_value{limit=`"SHMMNI`",unit=`"count`"} $((Get-Content /proc/sys/kernel/shmmni))"
        $mapping = Mount-ShmSegment $name
        $lines = Get-ShmHolder $name | ConvertTo-ShmMetric
        Get-Sample $lines shm_holder_segments "pid=`"$PID`"" | Should -Match ' 1$'
        $mapping.Dispose()
    }

    It 'gives namespaces, with the use that statfs tells' {
        $lines = Get-ShmNamespace | Where-Object { $_.IsCurrent -and $_.Kind -eq 'Posix' } | ConvertTo-ShmMetric
        $size = [long] (stat -f -c '%b' /dev/shm) * [long] (stat -f -c '%S' /dev/shm)
        @($lines | Where-Object { $_.StartsWith('shm_namespace_size_bytes{') }) | Should -Match " $size$"
        @($lines | Where-Object { $_.StartsWith('shm_namespace_segments{') }) | Should -HaveCount 1
    }

    It 'is what promtool takes, whatever names there are' -Skip:(-not $hasPromtool) {
        # In /dev/shm: bytes that are no text, quotes, a line feed, an escape sequence, a backslash.
        foreach ($hostile in 'q"uote', "line`nfeed", "esc`e[31m", 'back\slash', 'brace{a="b"} 1') {
            [IO.File]::WriteAllText("/dev/shm/$name-$hostile", "x")
        }
        perl -e 'open F, ">", "/dev/shm/$ARGV[0]-\xff\xfe" or die' $name
        $null = New-ShmSegment -Key 0x70540001 -Size 4KB
        $memfds = 1..2 | ForEach-Object { New-ShmSegment -Anonymous -Label same -Size 4KB -Mount }
        $lines = & { Get-ShmStat; Get-ShmLimit; Get-ShmHolder; Get-ShmNamespace; $memfds.Segment } |
            ConvertTo-ShmMetric -Label @{ site = 'x"y' }
        $lines | promtool check metrics
        $LASTEXITCODE | Should -Be 0
        @($lines | Where-Object { $_.StartsWith('shm_segment_size_bytes{') -and $_.Contains($name) }) |
            Should -HaveCount 6
        @(Get-Sample $lines shm_segment_size_bytes 'name="memfd:same"') | Should -HaveCount 2
        @($lines -match '[^\x20-\x7e]') | Should -BeNullOrEmpty
        @($lines -notmatch '^#' -notmatch 'site="x\\"y"') | Should -BeNullOrEmpty
    }

    It 'is scraped whole from node_exporter, whatever names there are' -Skip:(-not $hasExporter) {
        foreach ($hostile in 'q"uote', "line`nfeed", "esc`e[31m", 'brace{a="b"} 1') {
            [IO.File]::WriteAllText("/dev/shm/$name-$hostile", 'x')
        }
        $folder = New-Item "$TestDrive/collected" -ItemType Directory
        $lines = & { Get-ShmStat; Get-ShmLimit; Get-ShmHolder; Get-ShmNamespace } | ConvertTo-ShmMetric
        $lines | Set-Content "$folder/shm.prom"
        $free = [Net.Sockets.TcpListener]::new('127.0.0.1', 0)
        $free.Start()
        $address = "127.0.0.1:$($free.LocalEndpoint.Port)"
        $free.Stop()
        $start = [Diagnostics.ProcessStartInfo]::new('prometheus-node-exporter', [string[]] (
                '--collector.disable-defaults', '--collector.textfile', "--collector.textfile.directory=$folder",
                "--web.listen-address=$address", '--log.level=error'))
        $start.RedirectStandardError = $true
        $exporter = [Diagnostics.Process]::Start($start)
        try {
            $until = [datetime]::UtcNow.AddSeconds(20)
            $scraped = while (-not $exporter.HasExited) {
                try { (Invoke-WebRequest "http://$address/metrics" -TimeoutSec 10).Content -split "`n"; break }
                catch { if ([datetime]::UtcNow -gt $until) { throw } }
            }
            $scraped | Should -Contain 'node_textfile_scrape_error 0'
            $samples = @($lines -match '^shm_')
            @($scraped -match '^shm_') | Should -HaveCount $samples.Count
            @($scraped -match "^shm_segment_size_bytes.*$name") | Should -HaveCount 4
        }
        finally {
            $exporter.Kill()
            $exporter.WaitForExit()
        }
    }

    It 'is an end without samples where there was nothing' {
        @(@() | ConvertTo-ShmMetric) | Should -BeExactly '# EOF'
    }

    It 'keeps the samples of a family together and each once' {
        $null = New-ShmSegment "$name-a" -Size 4KB
        $null = New-ShmSegment "$name-b" -Size 4KB
        $lines = & { Get-ShmStat "$name-a"; Get-ShmLimit SHMMNI; Get-ShmStat "$name-b", "$name-a" } |
            ConvertTo-ShmMetric
        @(Get-Sample $lines shm_segment_size_bytes $name) | Should -HaveCount 2
        @($lines -like '# TYPE shm_segment_size_bytes *') | Should -HaveCount 1
    }

    It 'says of what came from another host where it came from' {
        $null = New-ShmSegment $name -Size 4KB
        $travelled = [Management.Automation.PSSerializer]::Deserialize(
            [Management.Automation.PSSerializer]::Serialize((Get-ShmStat $name), 3))
        $travelled | Add-Member PSComputerName db1
        Get-Sample ($travelled | ConvertTo-ShmMetric) shm_segment_size_bytes $name |
            Should -Match '^shm_segment_size_bytes\{host="db1",kind="Posix"'
    }

    It 'refuses what has no metrics, and goes on with the next' {
        $lines = & { Get-Process -Id $PID; Get-ShmLimit SHMMNI; $null } |
            ConvertTo-ShmMetric -ErrorAction SilentlyContinue -ErrorVariable problems
        @($problems.FullyQualifiedErrorId) |
            Should -BeExactly @(@('NoMetric,PSSharedMemory.Commands.ConvertToShmMetricCommand') * 2)
        Get-Sample $lines shm_limit_value SHMMNI | Should -HaveCount 1
        foreach ($bad in '1x', 'a-b', '__own', '') {
            { Get-ShmLimit SHMMNI | ConvertTo-ShmMetric -Label @{ $bad = 'x' } } |
                Should -Throw -ErrorId 'InvalidLabel,*'
        }
    }
}
