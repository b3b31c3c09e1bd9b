#!/usr/bin/perl
# replace-directory.pl DIRECTORY: says "ready"; puts a directory of its own in the place of the first that somebody makes
# in DIRECTORY, and says "replaced"; then names each entry that its own gets, until its input ends.
use strict;
use warnings;

my $directory = shift;
$| = 1;
print "ready\n";
my ($made, %seen);
until ($made) {
    opendir my $all, $directory or die $!;
    ($made) = grep { /^\.pssharedmemory-removing-/ } readdir $all;
    closedir $all;
}
rename "$directory/$made", "$directory/.aside" or die $!;
mkdir "$directory/$made" or die $!;
chmod 0777, "$directory/$made" or die $!;
print "replaced\n";
my ($in, $ended) = ('', 0);
vec($in, fileno(STDIN), 1) = 1;
while (!$ended) {
    if (opendir my $all, "$directory/$made") {
        print "$_\n" for grep { !/^\.\.?$/ && !$seen{$_}++ } readdir $all;
        closedir $all;
    }
    $ended = select(my $ready = $in, undef, undef, 0.0001) > 0;
}
