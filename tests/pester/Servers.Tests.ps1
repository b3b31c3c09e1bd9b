# Real users of shared memory: a PostgreSQL server of its own in a temporary folder, and Python.

BeforeDiscovery {
    $binaries =
        @((Test-Path /usr/lib/postgresql) ? [IO.Directory]::GetDirectories('/usr/lib/postgresql') : @() |
        ForEach-Object { "$_/bin" } | Where-Object { (Test-Path "$_/initdb") -and (Test-Path "$_/psql") })
    $noServer = $binaries.Count -eq 0 -or [Environment]::UserName -ne 'root'
    $noPython = -not (Get-Command python3 -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
}

Describe 'PostgreSQL' -Tag Server, Root -Skip:$noServer {
    BeforeAll {
        $before = (Get-ChildItem /dev/shm -Filter 'PostgreSQL.*' -File -Force).FullName
        # The server refuses to run as root: it gets the user nobody and a folder of its own.
        $binaries = @([IO.Directory]::GetDirectories('/usr/lib/postgresql') | ForEach-Object { "$_/bin" } |
            Where-Object { Test-Path "$_/initdb" })[-1]
        $folder = [IO.Directory]::CreateTempSubdirectory('pst-pg-').FullName
        $user = 'setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all', 'env', 'LC_ALL=C',
            "HOME=$folder"
        function Invoke-AsServer { $program, $rest = $user + $args; & $program @rest }
        & chown 65534:65534 $folder
        $said = Invoke-AsServer "$binaries/initdb" -D "$folder/data" -A trust -U pst --no-sync 2>&1
        if ($LASTEXITCODE -ne 0) { throw "initdb: $said" }
        $options =
            "-c listen_addresses= -c unix_socket_directories=$folder -c shared_buffers=16MB -c dynamic_shared_memory_type=posix -c fsync=off " +
            '-c min_parallel_table_scan_size=0 -c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c max_parallel_workers_per_gather=2 -c debug_parallel_query=on -c force_parallel_mode=on'
        # The name of one setting depends on the version; the one that does not exist would end the server.
        $version = [int] (Split-Path ([IO.Path]::GetDirectoryName($binaries)) -Leaf)
        $options = $version -ge 16 ? ($options -replace ' -c force_parallel_mode=on') : (
            $options -replace ' -c debug_parallel_query=on')
        $said = Invoke-AsServer "$binaries/pg_ctl" -D "$folder/data" -l "$folder/log" -o $options -w start 2>&1
        if ($LASTEXITCODE -ne 0) { throw "pg_ctl: $said $(Get-Content "$folder/log" -Raw)" }
        $postmaster = [int] (Get-Content "$folder/data/postmaster.pid")[0]
        # Its last but one line tells the key and the id of its System V segment: the server is the witness.
        $id = [int] (-split @(Get-Content "$folder/data/postmaster.pid")[6])[1]
        function Get-Child([int] $Parent) {
            [IO.Directory]::GetDirectories('/proc') |
                Where-Object { $_ -match '/\d+$' -and (Test-Path "$_/stat") } | ForEach-Object {
                try { if (((Get-Content "$_/stat" -Raw) -replace '^.*\) ' -split ' ')[1] -eq $Parent) {
                    [int] (Split-Path $_ -Leaf)
                } } catch [IO.IOException] { return }
            }
        }
    }

    AfterAll {
        if ($folder -and (Test-Path "$folder/data/postmaster.pid")) {
            $null = Invoke-AsServer "$binaries/pg_ctl" -D "$folder/data" -m immediate stop 2>&1
        }
        if ($folder) { Remove-Item $folder -Recurse -Force }
        # A query that was cut off by the kill leaves an object that the postmaster never held.
        Get-ChildItem /dev/shm -Filter 'PostgreSQL.*' | Where-Object FullName -NotIn $before |
            Remove-Item -ErrorAction Ignore
    }

    It 'has its System V segment attributed to the postmaster and its back ends' {
        $stat = Get-ShmStat -Id $id
        $stat.CreatorProcessId | Should -Be $postmaster
        $stat.IsCreatorAlive | Should -BeTrue
        $stat.HolderProcessIds | Should -Contain $postmaster
        $stat.HolderCount | Should -Be $stat.AttachCount
        foreach ($holder in $stat.HolderProcessIds) {
            (Get-Content "/proc/$holder/comm" -Raw).Trim() | Should -Be 'postgres'
        }
        $stat.Owner | Should -Be 'nobody'
        $said = $stat | Get-ShmOrigin -Attach
        $said.Name, $said.Certainty | Should -BeExactly 'PostgreSQL server', 'Magic'
    }

    It 'has its POSIX objects attributed too, those of a parallel query included' {
        $table = @(Get-ShmStat -Name '/PostgreSQL.*' | Where-Object { $_.HolderProcessIds -contains $postmaster })
        $table | Should -Not -BeNullOrEmpty
        "$($table[0].Origin)" | Should -BeExactly 'PostgreSQL (Magic)'
        # A parallel query that waits: a leader and its workers share a segment that the postmaster does not hold.
        $client = Start-Program $user[0] (
            $user[1..20] + "$binaries/psql", '-h', $folder, '-U', 'pst', '-d', 'postgres', '-qAt')
        try {
            $client.StandardInput.WriteLine(
                'create table t as select generate_series(1, 20000) a; analyze t; select pg_backend_pid();')
            $leader = [int] $client.StandardOutput.ReadLine()
            $client.StandardInput.WriteLine("select count(*) from t where a > 0 and pg_sleep(0.001) is not null;")
            $shared = $null
            Wait-Condition {
                $script:shared = @(Get-ShmStat -Name '/PostgreSQL.*' |
                    Where-Object { $_.HolderProcessIds -contains $leader -and $_.HolderCount -gt 1 -and
                        $_.HolderProcessIds -notcontains $postmaster })
                $script:shared.Count -gt 0
            } 60
            $workers = $script:shared[0].HolderProcessIds -ne $leader
            $workers | Should -Not -BeNullOrEmpty
            $script:shared[0].Verdict | Should -Be 'InUse'
        }
        finally {
            $client.Kill()
            $client.WaitForExit()
        }
    }

    It 'has no orphan while it runs' {
        @(Find-ShmOrphan -OlderThan 0s |
            Where-Object { $_.Id -eq $id -or $_.Name -clike '/PostgreSQL.*' -and $_.Owner -eq 'nobody' }) |
            Should -BeNullOrEmpty
    }

    It 'leaves orphans when the postmaster is killed, and they can be removed' {
        $mine = @(Get-ShmStat -Name '/PostgreSQL.*' | Where-Object { $_.HolderProcessIds -contains $postmaster }).Name
        $children = @(Get-Child $postmaster)
        kill -9 $postmaster
        # The back ends notice and end by themselves.
        Wait-Condition { @($children | Where-Object { Test-Path "/proc/$_" }).Count -eq 0 } 60
        Wait-Detached $id
        $orphans = @(Find-ShmOrphan -OlderThan 0s)
        @($orphans.Id) -contains $id | Should -BeTrue
        $mine | ForEach-Object { @($orphans.Name) -ccontains $_ | Should -BeTrue -Because $_ }
        $orphans | Where-Object { $_.Id -eq $id -or $_.Name -cin $mine } | Remove-ShmSegment
        @(ipcs -m | Where-Object { (-split $_)[1] -eq $id }) | Should -BeNullOrEmpty
        $mine | ForEach-Object { Test-Path "/dev/shm$_" | Should -BeFalse }
    }
}

Describe 'Python''s multiprocessing.shared_memory' -Skip:$noPython {
    It 'is seen with both processes, and as an orphan after a kill' {
        # The tracker that would clean up is told to forget it, as a kill of the whole group would have it.
        $python = Start-Program python3 '-c', @'
import os, sys
from multiprocessing import shared_memory, resource_tracker
s = shared_memory.SharedMemory(create=True, size=16384)
resource_tracker.unregister(s._name, 'shared_memory')
child = os.fork()
if child == 0:
    sys.stdin.read()
    os._exit(0)
print(s.name, child, flush=True)
sys.stdin.read()
os._exit(0)
'@
        $name, $child = $python.StandardOutput.ReadLine() -split ' '
        $stat = Get-ShmStat -Name "/$name"
        $stat.HolderProcessIds | Should -Contain $python.Id
        $stat.HolderProcessIds | Should -Contain ([int] $child)
        $stat.HolderCount | Should -Be 2
        $stat.Size | Should -Be 16384
        @(Find-ShmOrphan -OlderThan 0s -Kind Posix | Where-Object Name -CEQ "/$name") | Should -BeNullOrEmpty
        kill -9 $python.Id $child
        $python.WaitForExit()
        Wait-Condition {
            -not (Test-Path "/proc/$child") -or (Get-Content "/proc/$child/stat" -Raw) -match '\) Z '
        }
        $orphan = @(Find-ShmOrphan -OlderThan 0s -Kind Posix | Where-Object Name -CEQ "/$name")
        $orphan | Should -HaveCount 1
        $orphan | Remove-ShmSegment
        Test-Path "/dev/shm/$name" | Should -BeFalse
    }
}
