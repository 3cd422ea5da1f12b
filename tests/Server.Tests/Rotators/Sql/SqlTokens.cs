using System.Text;

namespace Rekey.Server.Tests.Rotators.Sql;

/// <summary>What a token is: a bare word, a quoted name, a text, or a sign.</summary>
internal enum SqlTokenKind
{
    Word,
    Name,
    Text,
    Sign,
}

internal sealed record SqlToken(SqlTokenKind Kind, string Value);

/// <summary>
/// Takes a statement apart by the grammar of its engine, written down here a second time: what the product quoted must come out as one
/// name or one text.
/// </summary>
internal sealed class SqlTokens
{
    private readonly List<SqlToken> _tokens = [];
    private int _next;

    public SqlTokens(string statement, bool brackets)
    {
        for (var i = 0; i < statement.Length;)
        {
            var c = statement[i];
            if (char.IsWhiteSpace(c)) i++;
            else if (brackets && c == '[') _tokens.Add(new SqlToken(SqlTokenKind.Name, Quoted(statement, ref i, ']')));
            else if (!brackets && c == '"') _tokens.Add(new SqlToken(SqlTokenKind.Name, Quoted(statement, ref i, '"')));
            else if (c == '\'') _tokens.Add(new SqlToken(SqlTokenKind.Text, Quoted(statement, ref i, '\'')));
            else if (brackets && c == 'N' && i + 1 < statement.Length && statement[i + 1] == '\'')
            {
                i++;
                _tokens.Add(new SqlToken(SqlTokenKind.Text, Quoted(statement, ref i, '\'')));
            }
            else if (char.IsLetter(c) || c is '_' or '@')
            {
                var start = i;
                while (i < statement.Length && (char.IsLetterOrDigit(statement[i]) || statement[i] is '_' or '@' or '$')) i++;
                _tokens.Add(new SqlToken(SqlTokenKind.Word, statement[start..i]));
            }
            else if (char.IsDigit(c))
            {
                var start = i;
                while (i < statement.Length && char.IsLetterOrDigit(statement[i])) i++;
                _tokens.Add(new SqlToken(SqlTokenKind.Word, statement[start..i]));
            }
            else if (c is '=' or ',' or '(' or ')' or ';' or ':' or '.' or '>' or '*')
            {
                _tokens.Add(new SqlToken(SqlTokenKind.Sign, c.ToString()));
                i++;
            }
            else
            {
                throw new FormatException($"The sign {c} stands outside of quotes: {statement}");
            }
        }
    }

    public bool AtEnd => _next == _tokens.Count;

    public IReadOnlyList<SqlToken> All => _tokens;

    public SqlToken Next() => AtEnd ? throw new FormatException("The statement ends early") : _tokens[_next++];

    public bool TryWords(string words)
    {
        var wanted = words.Split(' ');
        for (var i = 0; i < wanted.Length; i++)
        {
            var place = _next + i;
            if (place >= _tokens.Count || _tokens[place].Kind is SqlTokenKind.Name or SqlTokenKind.Text) return false;
            if (_tokens[place].Value != wanted[i]) return false;
        }
        _next += wanted.Length;
        return true;
    }

    public void Words(string words)
    {
        if (!TryWords(words)) throw new FormatException($"Expected {words}, found {(AtEnd ? "the end" : _tokens[_next].Value)}");
    }

    public string Name() => Take(SqlTokenKind.Name);

    public string Text() => Take(SqlTokenKind.Text);

    /// <summary>Bare words up to one of the given, which stays.</summary>
    public string WordsUntil(params string[] ends)
    {
        var words = new List<string>();
        while (!AtEnd && _tokens[_next].Kind == SqlTokenKind.Word && !ends.Contains(_tokens[_next].Value))
            words.Add(_tokens[_next++].Value);
        return string.Join(' ', words);
    }

    public void End()
    {
        while (TryWords(";")) continue;
        if (!AtEnd) throw new FormatException($"Something follows the statement: {_tokens[_next].Value}");
    }

    private string Take(SqlTokenKind kind)
    {
        var token = Next();
        return token.Kind == kind ? token.Value : throw new FormatException($"Expected a {kind}, found {token.Value}");
    }

    private static string Quoted(string statement, ref int i, char end)
    {
        var text = new StringBuilder();
        for (i++; ; i++)
        {
            if (i == statement.Length) throw new FormatException("A quote is not closed");
            if (statement[i] != end)
            {
                text.Append(statement[i]);
                continue;
            }
            i++;
            if (i == statement.Length || statement[i] != end) return text.ToString();
            text.Append(end);
        }
    }
}
