using System.Diagnostics.CodeAnalysis;

namespace LmmFunctional.CSharp;

/// <summary>The words of the model language: <c>using static LmmFunctional.CSharp.Model;</c>.</summary>
/// <remarks>Terms are put together with <c>+</c> and <c>*</c>. Nothing is implied: an intercept is there when
/// <see cref="Intercept"/> is written.</remarks>
/// <example><code>
/// var model = Response("Reaction")
///     .Fixed(Intercept + Col("Days"))
///     .Random(Intercept + Col("Days"), by: "Subject");
/// </code></example>
public static class Model
{
    /// <summary>The intercept: 1.</summary>
    public static Terms Intercept => Words.intercept;

    /// <summary>A model of this column; the only way in, because a model always has a response.</summary>
    public static LmmModel Response(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new LmmModel(LmmSpecModule.create(Expr.NewColumn(name), TermsModule.empty));
    }

    /// <summary>A model of a function of columns, written as in a formula: <c>log(yield)</c>.</summary>
    /// <exception cref="ArgumentException">The text cannot be read or names no column.</exception>
    public static LmmModel ResponseExpression(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        return new LmmModel(Convert.Model(Words.responseExpression(text)));
    }

    /// <summary>A column; the data decide whether it is numeric or categorical.</summary>
    public static Terms Col(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Words.col(name);
    }

    /// <summary>A column taken as categories, whatever its type: factor(name).</summary>
    public static Terms Factor(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Words.factor(name);
    }

    /// <summary>Only the interaction, without the main effects: a:b.</summary>
    public static Terms Interaction(Terms a, Terms b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return Words.interaction(a, b);
    }

    /// <summary>A function of columns, written as in a formula; bare arithmetic is taken as inside I().</summary>
    /// <exception cref="ArgumentException">The text cannot be read.</exception>
    public static Terms Expression(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        return Words.expression(text);
    }

    /// <summary>A column that is added to the mean with coefficient one.</summary>
    public static Terms Offset(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Words.offset(name);
    }

    /// <summary>A model from text in the language of R and lme4: <c>Reaction ~ Days + (Days | Subject)</c>.</summary>
    /// <exception cref="LmmException">The text cannot be read; each message shows where with a caret.</exception>
    public static LmmModel Parse(string formula)
    {
        ArgumentNullException.ThrowIfNull(formula);
        return new LmmModel(Convert.ValueOrThrow(Formula.parse(formula)));
    }

    /// <summary>A model from text in the language of R and lme4, or the problems of the text.</summary>
    /// <param name="formula">The text.</param>
    /// <param name="model">The model; null if there are problems.</param>
    /// <param name="issues">Every problem; each message shows where with a caret.</param>
    public static bool TryParse(
        string formula, [NotNullWhen(true)] out LmmModel? model, out IReadOnlyList<LmmIssue> issues)
    {
        ArgumentNullException.ThrowIfNull(formula);
        model = Convert.TryValue(Formula.parse(formula), out var spec, out issues) ? new LmmModel(spec) : null;
        return model is not null;
    }
}
