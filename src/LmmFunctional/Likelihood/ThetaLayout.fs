namespace LmmFunctional.Estimation

open System.Collections.Immutable
open System.Runtime.InteropServices

/// <summary>One free entry of Λ: its term and its place in the term's λ.</summary>
[<Struct>]
type internal Entry = { Term: int; Row: int; Column: int }

/// <summary>How θ gives the λ of all terms, term after term: its free entries by columns, or the parameters of a form.</summary>
[<NoComparison; ReferenceEquality>]
type internal ThetaLayout = {
    Shapes: RelativeFactor[]
    /// The entries of λ that θ holds: those of terms without a form.
    Entries: Entry[]
    /// Where the entries of each term start.
    Starts: int[]
    /// The form of each term; None where θ holds the entries themselves.
    Forms: EffectsForm option[]
    /// Where the parameters of each term start in θ, and their number.
    ParameterStarts: int[]
} with

    /// The number of parameters of all terms.
    member layout.Parameters = Array.last layout.ParameterStarts

    /// Whether θ is the list of the entries.
    member layout.IsPlain = layout.Forms |> Array.forall Option.isNone

[<RequireQualifiedAccess>]
module internal ThetaLayout =

    /// The layout of a model.
    let create (standard: Standardised) =
        let terms = standard.Terms |> Array.ofList
        let shapes = terms |> Array.map _.Factor

        let entries =
            terms
            |> Array.mapi (fun t term ->
                match term.Form with
                | Some _ -> [||]
                | None ->
                    Array.map2
                        (fun row column -> { Term = t; Row = row; Column = column })
                        term.Factor.EntryRows
                        term.Factor.EntryColumns)

        {
            Shapes = shapes
            Entries = Array.concat entries
            Starts = entries |> Array.scan (fun start own -> start + own.Length) 0
            Forms = terms |> Array.map _.Form
            ParameterStarts =
                terms
                |> Array.scan
                    (fun start term ->
                        match term.Form with
                        | Some form -> start + form.Names.Length
                        | None -> start + RelativeFactor.count term.Factor)
                    0
        }

    /// The parameters of one term.
    let parametersOf (layout: ThetaLayout) (theta: ImmutableArray<float>) t =
        let start = layout.ParameterStarts[t]
        theta.AsSpan(start, layout.ParameterStarts[t + 1] - start).ToArray()

    /// λ of every term.
    let matrices (layout: ThetaLayout) (theta: ImmutableArray<float>) : float[][] =
        layout.Shapes
        |> Array.mapi (fun t shape ->
            let own = parametersOf layout theta t

            match layout.Forms[t] with
            | None -> RelativeFactor.toMatrix own 0 shape
            | Some form -> EffectsForm.lambda form own)

    /// θ with other λ for the terms without a form; all else stays.
    let withMatrices (layout: ThetaLayout) (theta: ImmutableArray<float>) (lambdas: float[][]) =
        let values = theta.AsSpan().ToArray()

        for t in 0 .. lambdas.Length - 1 do
            if layout.Forms[t].IsNone then
                let own = RelativeFactor.ofMatrix lambdas[t] layout.Shapes[t]
                Array.blit own 0 values layout.ParameterStarts[t] own.Length

        ImmutableCollectionsMarshal.AsImmutableArray values

    /// Names of θ: group and effect, group and two effects, or group and the parameter of a form.
    let names (design: Design) (layout: ThetaLayout) =
        let terms = Array.ofList design.Random

        let entryName (entry: Entry) =
            let term = terms[entry.Term]
            let effect = term.Names[entry.Row]

            if entry.Row = entry.Column then
                $"{term.Group}.{effect}"
            else
                $"{term.Group}.{effect}.{term.Names[entry.Column]}"

        terms
        |> Seq.mapi (fun t term ->
            match layout.Forms[t] with
            | Some form -> form.Names |> Seq.map (fun name -> $"{term.Group}.{name}")
            | None ->
                layout.Entries[layout.Starts[t] .. layout.Starts[t + 1] - 1]
                |> Seq.map entryName)
        |> Seq.concat
        |> ImmutableArray.CreateRange

    /// Which parameters of random terms are logarithms or the like: not coefficients, nor standard deviations, whose sign is
    /// free.
    let unbounded (layout: ThetaLayout) : seq<bool> =
        let isUnbounded (form: EffectsForm) k =
            match form.Kinds[k] with
            | ParameterKind.Real
            | ParameterKind.Loading -> false
            | _ -> not (Array.contains k form.Deviations)

        seq {
            for t in 0 .. layout.Forms.Length - 1 do
                match layout.Forms[t] with
                | Some form -> yield! Seq.init form.Kinds.Length (isUnbounded form)
                | None -> yield! Seq.replicate (layout.ParameterStarts[t + 1] - layout.ParameterStarts[t]) false
        }

    /// The ends that the parameters of random terms can come to.
    let ends (design: Design) (layout: ThetaLayout) : seq<ParameterEnds> =
        let terms = Array.ofList design.Random

        seq {
            for t in 0 .. layout.Forms.Length - 1 do
                match layout.Forms[t] with
                | Some form -> yield! form.Ends |> ParameterEnds.rename (fun name -> $"{terms[t].Group} {name}")
                | None ->
                    let count = layout.ParameterStarts[t + 1] - layout.ParameterStarts[t]
                    yield! Seq.replicate count (ParameterEnds.none terms[t].Group)
        }
