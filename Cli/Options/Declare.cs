using System.CommandLine;

namespace Vitrine.Cli;

/// <summary>The kinds of options that commands have.</summary>
internal static class Declare
{
    /// <summary>An option with a value.</summary>
    /// <param name="names">Its name, and others after bars: <c>--file|-f</c>.</param>
    /// <param name="value">What help calls the value.</param>
    /// <param name="description">What it does.</param>
    public static Option<T> Value<T>(string names, string value, string description)
    {
        string[] all = names.Split('|');
        return new(all[0], all[1..]) { Description = description, HelpName = value };
    }

    /// <summary>An option with a value that stands where none is given.</summary>
    /// <param name="names">Its name, and others after bars.</param>
    /// <param name="value">What help calls the value.</param>
    /// <param name="description">What it does.</param>
    /// <param name="standard">The value.</param>
    public static Option<T> Value<T>(string names, string value, string description, T standard)
    {
        Option<T> option = Value<T>(names, value, description);
        option.DefaultValueFactory = _ => standard;
        return option;
    }

    /// <summary>An option that must be given.</summary>
    /// <param name="names">Its name, and others after bars.</param>
    /// <param name="value">What help calls the value.</param>
    /// <param name="description">What it does.</param>
    public static Option<string> Required(string names, string value, string description)
    {
        Option<string> option = Value<string>(names, value, description);
        option.Required = true;
        return option;
    }

    /// <summary>An option that may be given several times.</summary>
    /// <param name="names">Its name, and others after bars.</param>
    /// <param name="value">What help calls one of the values.</param>
    /// <param name="description">What it does.</param>
    public static Option<string[]> Values(string names, string value, string description)
    {
        Option<string[]> option = Value<string[]>(names, value, description);
        option.Arity = ArgumentArity.ZeroOrMore;
        return option;
    }

    /// <summary>An option that is given or not.</summary>
    /// <param name="names">Its name, and others after bars.</param>
    /// <param name="description">What it does.</param>
    public static Option<bool> Flag(string names, string description) => new(names.Split('|')[0], names.Split('|')[1..])
    {
        Description = description,
    };
}
