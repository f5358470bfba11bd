namespace LmmFunctional.Estimation

/// <summary>Parameters that belong together, with the map between the whole line and their region.</summary>
[<NoEquality; NoComparison>]
type internal ParameterBlock = {
    /// The natural parameters: as many as there are in τ.
    Names: string[]
    Kinds: ParameterKind[]
    /// The ends that each coordinate of τ can come to.
    Ends: ParameterEnds[]
    /// τ to start from.
    Start: float[]
    /// The natural parameters at τ.
    Natural: Jet[] -> Jet[]
    /// τ of natural parameters; None where they are outside their region.
    Unconstrained: float[] -> float[] option
}

[<RequireQualifiedAccess>]
module internal ParameterBlock =

    /// The parameters of a form.
    let ofForm (form: CovarianceForm) = {
        Names = form.Names
        Kinds = form.Kinds
        Ends = form.Ends
        Start = form.Start
        Natural = form.Natural
        Unconstrained = form.Unconstrained
    }

    /// The parameters of a variance function.
    let ofVariance (form: VarianceForm) = {
        Names = form.Names
        Kinds = form.Kinds
        Ends = form.Ends
        Start = form.Start
        Natural = form.Natural
        Unconstrained = form.Unconstrained
    }

    /// One parameter.
    let single name kind start (natural: Jet -> Jet) (unconstrained: float -> float option) = {
        Names = [| name |]
        Kinds = [| kind |]
        Ends = [| ParameterEnds.ofKind kind name |]
        Start = [| start |]
        Natural = fun tau -> [| natural tau[0] |]
        Unconstrained = fun natural -> unconstrained natural[0] |> Option.map Array.singleton
    }

    /// The parts of a vector that belong to each of several blocks.
    let split (blocks: ParameterBlock list) (values: 'value[]) : 'value[] list =
        let starts = blocks |> List.scan (fun start block -> start + block.Names.Length) 0

        List.map2
            (fun block start -> Array.sub values start block.Names.Length)
            blocks
            (List.truncate blocks.Length starts)

    /// Several blocks as one.
    let concat (blocks: ParameterBlock list) = {
        Names = blocks |> List.map _.Names |> Array.concat
        Kinds = blocks |> List.map _.Kinds |> Array.concat
        Ends = blocks |> List.map _.Ends |> Array.concat
        Start = blocks |> List.map _.Start |> Array.concat
        Natural =
            fun tau ->
                List.map2 (fun block own -> block.Natural own) blocks (split blocks tau)
                |> Array.concat
        Unconstrained =
            fun natural ->
                List.map2 (fun block own -> block.Unconstrained own) blocks (split blocks natural)
                |> List.fold (Option.map2 Array.append) (Some [||])
    }

    /// The block with a prefix to its names.
    let prefixed prefix block = {
        block with
            ParameterBlock.Names = block.Names |> Array.map (fun name -> $"{prefix}{name}")
            Ends = block.Ends |> ParameterEnds.rename (fun name -> $"{prefix}{name}")
    }
