namespace LmmFunctional.Dsl

open System
open Microsoft.FSharp.Quotations
open Microsoft.FSharp.Quotations.Patterns

/// <summary>Column names that the compiler checks, for data with a row type.</summary>
/// <example><code>response (Col&lt;SleepRow&gt;.name _.Reaction)</code></example>
[<AbstractClass; Sealed>]
type Col<'Row> =

    /// <summary>The name of a property or field of the row type.</summary>
    /// <param name="field">A function that returns one property of its argument and nothing else.</param>
    /// <exception cref="T:System.ArgumentException">The function does something else.</exception>
    static member name([<ReflectedDefinition>] field: Expr<'Row -> 'Value>) : string =
        match field with
        | Lambda(row, PropertyGet(Some(Var argument), property, [])) when argument = row -> property.Name
        | Lambda(row, FieldGet(Some(Var argument), info)) when argument = row -> info.Name
        | _ ->
            raise (
                ArgumentException(
                    $"Name one property of {typeof<'Row>.Name}, as in Col<{typeof<'Row>.Name}>.name _.Property.",
                    nameof field
                )
            )
