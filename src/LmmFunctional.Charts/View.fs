namespace LmmFunctional.Charts

/// <summary>What a channel shows: numbers on a continuous scale, or names.</summary>
[<RequireQualifiedAccess>]
type Scale =
    | Linear
    | Logarithmic
    /// Names in the order in which the data have them, or in this one.
    | Names of order: string list option

/// <summary>A visual property and the field that it shows.</summary>
type Channel = {
    /// x, y, x2, y2, color, text, order, ...
    Name: string
    Field: string
    /// A value on the scale in place of a field.
    Datum: float option
    Scale: Scale
    /// Of its axis or legend; None for none.
    Title: string option
    /// Further members of the channel in Vega-Lite: axis, scale, stack, ...
    Properties: (string * Json) list
}

/// <summary>One mark of a chart: what is drawn for each row of a table.</summary>
type Layer = {
    /// point, line, rule, area, rect, bar, text, tick.
    Mark: string
    /// Further members of the mark in Vega-Lite: color, opacity, size, ...
    Properties: (string * Json) list
    /// The name of its table; "" for one mark without data.
    Table: string
    /// A Vega expression that rows must satisfy.
    Filter: string option
    Channels: Channel list
    /// Fields that a tooltip tells, with their words.
    Tooltip: (string * string) list
}

/// <summary>Channels.</summary>
[<RequireQualifiedAccess>]
module Channel =

    let private create scale name field title = {
        Name = name
        Field = field
        Datum = None
        Scale = scale
        Title = title
        Properties = []
    }

    /// A number, its axis with a title; the scale need not begin at zero.
    let number name field title = {
        create Scale.Linear name field (Some title) with
            Properties = [ "scale", Json.Object [ "zero", Json.Bool false ] ]
    }

    /// A number whose scale begins at zero.
    let fromZero name field title =
        create Scale.Linear name field (Some title)

    /// A positive number on a logarithmic scale.
    let logarithmic name field title =
        create Scale.Logarithmic name field (Some title)

    /// One value for all rows.
    let datum name value title = {
        create Scale.Linear name "" title with
            Datum = Some value
    }

    /// The other end of a rule or an area.
    let other name field = create Scale.Linear name field None

    /// Names in the order of the data.
    let names name field title =
        create (Scale.Names None) name field (Some title)

    /// Names in an order.
    let namesIn order name field title =
        create (Scale.Names(Some order)) name field (Some title)

    /// What text is written.
    let text field =
        create (Scale.Names None) "text" field None

    /// The channel with a further member, which replaces one of the same name.
    let withProperty name value (channel: Channel) = {
        channel with
            Properties =
                (channel.Properties |> List.filter (fun (own, _) -> own <> name))
                @ [ name, value ]
    }

/// <summary>Layers.</summary>
[<RequireQualifiedAccess>]
module Layer =

    /// A mark for each row of a table.
    let create mark table channels : Layer = {
        Mark = mark
        Properties = []
        Table = table
        Filter = None
        Channels = channels
        Tooltip = []
    }

    /// The layer with further members of its mark, which replace those of the same name.
    let styled (properties: (string * Json) list) (layer: Layer) = {
        layer with
            Properties =
                (layer.Properties
                 |> List.filter (fun (name, _) -> not (List.exists (fun (own, _) -> own = name) properties)))
                @ properties
    }

    /// The layer with a tooltip: fields and their words.
    let telling (fields: (string * string) list) (layer: Layer) = { layer with Tooltip = fields }

    /// The layer for the rows only that satisfy a Vega expression.
    let where (expression: string) (layer: Layer) = { layer with Filter = Some expression }
