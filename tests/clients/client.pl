# Drives DBD::mysql or DBD::MariaDB by the lines that README.md explains. Usage: perl client.pl mysql|MariaDB HOST PORT
use strict;
use warnings;
use utf8;
use DBI;
use Encode qw(decode encode);

my ($kind, $host, $port) = @ARGV;
my (%connections, %ids);
binmode STDIN,  ':utf8';
binmode STDOUT, ':utf8';
$| = 1;

my %option = (
    mysql   => { mysql_enable_utf8mb4 => 1, mysql_multi_statements => 1 },
    MariaDB => { mariadb_multi_statements => 1 },
);
my $prefix = lc $kind;

sub show {
    my ($value) = @_;
    return 'NULL' unless defined $value;
    return '0x' . unpack('H*', $value) if $value =~ /[\x00-\x08\x0e-\x1f]/ && $value !~ /[^\x00-\xff]/;
    return "'$value'";
}

sub result {
    my ($statement) = @_;
    if (!$statement->{NUM_OF_FIELDS}) {
        my $handle = $statement->{Database};
        return sprintf 'ok affected=%s insert_id=%s warnings=%s', $statement->rows,
            $statement->{"${prefix}_insertid"} // 0, $statement->{"${prefix}_warning_count"} // '?';
    }
    my $names = join '|', map { "$statement->{NAME}[$_]/$statement->{TYPE}[$_]/$statement->{NULLABLE}[$_]" }
        0 .. $#{ $statement->{NAME} };
    my @rows = map { '(' . join(', ', map { show($_) } @$_) . ')' } @{ $statement->fetchall_arrayref };
    return "rows $names: @rows";
}

sub execute {
    my ($handle, $prepared, $sql, @values) = @_;
    my $statement = $handle->prepare($sql, { "${prefix}_server_prepare" => $prepared });
    $statement->execute(@values);
    return $statement;
}

my %verb;
%verb = (
    query => sub { my ($handle, $sql) = @_; return result(execute($handle, 0, $sql)) },
    param => sub { my ($handle, @words) = @_; return result(execute($handle, 0, @words)) },
    prepare => sub { my ($handle, @words) = @_; return result(execute($handle, 1, @words)) },
    multi => sub {
        my ($handle, $sql) = @_;
        my $statement = execute($handle, 0, $sql);
        my @all;
        do { push @all, result($statement) } while $statement->more_results;
        return join ' ; ', @all;
    },
    multi_fails => sub { return $verb{multi}->(@_) },
    ping => sub { return $_[0]->ping ? 'ok' : 'no' },
    begin => sub { return $_[0]->begin_work ? 'ok' : 'no' },
    commit => sub { return $_[0]->commit ? 'ok' : 'no' },
    rollback => sub { return $_[0]->rollback ? 'ok' : 'no' },
    autocommit => sub { my ($handle, $on) = @_; $handle->{AutoCommit} = $on; return "ok $handle->{AutoCommit}" },
    escape => sub { my ($handle, $text) = @_; return $handle->quote($text) },
    statistics => sub { my $text = $_[0]->{"${prefix}_stat"}; $text =~ s/[0-9.]+/N/g; return "text $text" },
    quit => sub { return $_[0]->disconnect ? 'ok' : 'no' },
);

print 'Perl ', $^V, " DBD::$kind ", $DBI::VERSION, "\n";
while (my $line = <STDIN>) {
    chomp $line;
    my ($name, $what, @words) = split /\t/, $line, -1;
    s/\{(\w+)\}/$ids{$1} \/\/ "{$1}"/ge for @words;
    my $answer = eval {
        if ($what eq 'connect') {
            my ($user, $password, $database) = @words;
            delete $connections{$name};
            my $source = "DBI:$kind:host=$host;port=$port" . ($database eq '' ? '' : ";database=$database");
            my $handle = DBI->connect($source, $user, $password,
                { RaiseError => 1, PrintError => 0, AutoCommit => 1, %{ $option{$kind} } });
            $connections{$name} = $handle;
            ($ids{$name}) = $handle->selectrow_array('SELECT CONNECTION_ID()');
            return 'ok';
        }
        return 'unsupported' unless $verb{$what};
        return $verb{$what}->($connections{$name}, @words);
    };
    if (!defined $answer) {
        $answer = 'error ' . ($DBI::err // '?') . ' ' . ($DBI::state // '?') . ' ' . ($DBI::errstr // $@);
    }
    $answer =~ s/\n/\\n/g;
    $answer =~ s/\r/\\r/g;
    print "$answer\n";
}
