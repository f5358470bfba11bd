namespace LmmFunctional

open System.Collections.Immutable

/// <summary>One free entry of Λ: its term and its place in the term's λ.</summary>
[<Struct>]
type internal Entry = { Term: int; Row: int; Column: int }

/// <summary>How θ lists the free entries of all terms: term after term, each by columns.</summary>
[<NoComparison; ReferenceEquality>]
type internal ThetaLayout = {
    Shapes: RelativeFactor[]
    Entries: Entry[]
    /// Where the entries of each term start.
    Starts: int[]
}

[<RequireQualifiedAccess>]
module internal ThetaLayout =

    /// The layout of a model.
    let create (standard: Standardised) =
        let shapes = standard.Terms |> List.map _.Factor |> Array.ofList

        {
            Shapes = shapes
            Entries =
                shapes
                |> Array.mapi (fun t shape ->
                    Array.map2
                        (fun row column -> { Term = t; Row = row; Column = column })
                        shape.EntryRows
                        shape.EntryColumns)
                |> Array.concat
            Starts = shapes |> Array.scan (fun start shape -> start + RelativeFactor.count shape) 0
        }

    /// λ of every term.
    let matrices (layout: ThetaLayout) (theta: ImmutableArray<float>) : float[][] =
        let values = theta.AsSpan().ToArray()

        layout.Shapes
        |> Array.mapi (fun t shape -> RelativeFactor.toMatrix values layout.Starts[t] shape)

    /// θ from the λ of every term.
    let ofMatrices (layout: ThetaLayout) (lambdas: float[][]) =
        Array.map2 RelativeFactor.ofMatrix lambdas layout.Shapes
        |> Seq.concat
        |> ImmutableArray.CreateRange

    /// Names of the entries: group and effect, or group and two effects.
    let names (design: Design) (layout: ThetaLayout) =
        let terms = Array.ofList design.Random

        layout.Entries
        |> Seq.map (fun entry ->
            let term = terms[entry.Term]
            let effect = term.Names[entry.Row]

            if entry.Row = entry.Column then
                $"{term.Group}.{effect}"
            else
                $"{term.Group}.{effect}.{term.Names[entry.Column]}")
        |> ImmutableArray.CreateRange
